"""Django in a process of its own, as its settings are global: runs one command of ours."""

import json
import os
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction


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
    try:
        call_command("migrate", verbosity=0)
    except Exception as error:
        cause = error.__cause__ or error
        problem = [getattr(cause, "sqlstate", None), str(cause).strip()]
    else:
        problem = None
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations ORDER BY applied, id")
        return {"applied": [list(row) for row in cursor.fetchall()], "problem": problem}


def round_trip():
    """Create auth's tables from its models, migrate the others, use them all."""
    configure({"auth": None})
    call_command("migrate", run_syncdb=True, verbosity=0)
    from django.contrib.admin.models import ADDITION, LogEntry
    from django.contrib.auth.models import Group, Permission, User
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sessions.backends.db import SessionStore

    with transaction.atomic():
        user = User.objects.create_user("ursula", "ursula@example.org", "a password")
        group = Group.objects.create(name="writers")
        group.permissions.set(Permission.objects.filter(codename="add_user"))
        user.groups.add(group)
    session = SessionStore()
    session["seen"] = 3
    session.save()
    LogEntry.objects.create(user=user, action_flag=ADDITION, object_repr="x", change_message="[]")
    found = User.objects.select_related().prefetch_related("groups").get(username="ursula")
    return {
        "groups": [each.name for each in found.groups.all()],
        "may_add_users": found.has_perm("auth.add_user"),
        "password": found.check_password("a password"),
        "seen": SessionStore(session.session_key)["seen"],
        "log": LogEntry.objects.filter(user=found).count(),
        "models": ContentType.objects.count(),
        "tables": sorted(connection.introspection.table_names()),
    }


if __name__ == "__main__":
    print(json.dumps({"migrate": migrate_as_shipped, "round-trip": round_trip}[sys.argv[1]]()))
