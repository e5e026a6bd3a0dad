"""Django in a process of its own, as its settings are global: runs one command of ours."""

import json
import os
import sys
from importlib import import_module

import django
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction


def configure(migration_modules):
    settings.configure(
        SECRET_KEY="not secret",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "django.contrib.admin",
            "django.contrib.messages",
        ],
        MIGRATION_MODULES=migration_modules,
        TEMPLATES=[],
        SILENCED_SYSTEM_CHECKS=["admin"],
        DATABASES={
            "default": {
                "ENGINE": "aurora_dsql_django",
                "HOST": os.environ["PGHOST"],
                "USER": "admin",
                "NAME": "postgres",
                "OPTIONS": {
                    "sslmode": "verify-full",
                    "sslrootcert": os.environ["PGSSLROOTCERT"],
                },
            }
        },
    )
    django.setup()


def migrate_as_shipped():
    """Say how far the migrations of the contrib apps come, and why no farther."""
    configure({})
    problem = None
    try:
        call_command("migrate", verbosity=0)
    except DatabaseError as error:
        problem = [getattr(error.__cause__, "sqlstate", None), str(error).strip()]
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY applied, id")
        return {"applied": [list(row) for row in cursor.fetchall()], "problem": problem}


def round_trip():
    """Create the tables of auth from its models, migrate sessions and admin, use them all."""
    configure({"contenttypes": None, "auth": None})
    call_command("migrate", run_syncdb=True, verbosity=0)
    # A model can be imported once Django is set up.
    admin = import_module("django.contrib.admin.models")
    auth = import_module("django.contrib.auth.models")
    store = import_module("django.contrib.sessions.backends.db").SessionStore

    with transaction.atomic():
        user = auth.User.objects.create_user("ursula", "ursula@example.org", "a password")
        group = auth.Group.objects.create(name="writers")
        group.permissions.set(auth.Permission.objects.filter(codename="add_user"))
        user.groups.add(group)
    session = store()
    session["seen"] = 3
    session.save()
    admin.LogEntry.objects.create(
        user=user, action_flag=admin.ADDITION, object_repr="x", change_message="[]"
    )
    found = auth.User.objects.select_related().prefetch_related("groups").get(username="ursula")
    return {
        "groups": [each.name for each in found.groups.all()],
        "may_add_users": found.has_perm("auth.add_user"),
        "password": found.check_password("a password"),
        "seen": store(session.session_key)["seen"],
        "log": admin.LogEntry.objects.filter(user=found).count(),
        "permissions": auth.Permission.objects.count(),
        "tables": sorted(connection.introspection.table_names()),
    }


if __name__ == "__main__":
    commands = {"migrate": migrate_as_shipped, "round-trip": round_trip}
    sys.stdout.write(json.dumps(commands[sys.argv[1]]()))
