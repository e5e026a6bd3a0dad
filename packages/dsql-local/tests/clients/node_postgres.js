// node-postgres as an application uses it: verified TLS, a pool, parameters, a refusal.
const { readFileSync } = require("node:fs");
const { Pool } = require("pg");

async function main() {
  const asked = JSON.parse(readFileSync(0, "utf8"));
  const pool = new Pool({
    host: asked.address,
    port: asked.port,
    user: "admin",
    database: "postgres",
    password: async () => asked.password,
    // The name that is sent (SNI) and that the certificate has to carry.
    ssl: { ca: readFileSync(asked.ca_file), servername: asked.endpoint },
    max: 2,
  });
  try {
    await pool.query("CREATE TABLE orders (id bigint PRIMARY KEY, note text)");
    await pool.query("INSERT INTO orders VALUES ($1, $2)", [1, "first"]);
    const { rows } = await pool.query({
      name: "by-id",
      text: "SELECT note FROM orders WHERE id = $1",
      values: [1],
    });
    const refused = await pool.query("TRUNCATE orders").catch((error) => error);
    return { rows, code: refused.code, message: refused.message };
  } finally {
    await pool.end();
  }
}

main().then((found) => process.stdout.write(JSON.stringify(found)));
