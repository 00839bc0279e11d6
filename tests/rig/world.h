/* world.h - a small gateway's database, keys and settings, for tests in C
 * SPDX-License-Identifier: Apache-2.0
 *
 * WG_TEST_DB names a database with the schema (tests/rig/with_db.py). One
 * client with one secret, tenants that it may use, signing key, pepper and
 * cursor key in a folder of their own. The test's own process can then open
 * the gateway as a program does. */
#ifndef RIG_WORLD_H
#define RIG_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/keyfile.h"
#include "base/conf.h"
#include "ext/crypt.h"
#include "ext/db.h"
#include "ext/js.h"
#include "ext/jws.h"
#include "gate/secret.h"

#define WORLD_TENANTS 8
#define WORLD_BASE    "https://gateway.example"

struct world {
	struct arena *a;
	char dir[32];
	const struct conf *conf;
	struct db *db; /* as the owner of the schema */
	struct db_conn *conn;
	struct guid client, tenant[WORLD_TENANTS];
	char client_text[GUID_LEN + 1],
	    tenant_text[WORLD_TENANTS][GUID_LEN + 1];
	char secret[SECRET_LEN + 1];
	char kid[JWS_KID_LEN + 1]; /* signs */
};

static inline void
world_die(const char *what, const struct err *e)
{
	fprintf(stderr, "world: %s: %s%s\n", what, e->said, e->why);
	exit(1);
}

/* world_sql - statements as the owner; printf format. */
__attribute__((format(printf, 2, 3))) static inline void
world_sql(struct world *w, const char *fmt, ...)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, 65536);
	struct err e = { .kind = ERR_NONE };
	char text[8192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_str(&b, text);
	if (!db_run_script(w->conn, buf_text(&b), &e))
		world_die(text, &e);
	arena_free(a);
}

/* world_key - a new pair of key files; kid receives its name. */
static inline void
world_key(struct world *w, char kid[JWS_KID_LEN + 1])
{
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct jws_key *k = jws_key_make(&e);
	const char *name;

	if (!k)
		world_die("key", &e);
	snprintf(kid, JWS_KID_LEN + 1, "%s", jws_kid(k));
	name = arena_printf(a, "%s.pem", kid);
	if (!keyfile_write(w->conf->signing_key_dir, name,
		str_of(jws_private_pem(a, k)), true, &e) ||
	    !keyfile_write(w->conf->public_key_dir, name,
		str_of(jws_public_pem(a, k)), false, &e))
		world_die("key", &e);
	jws_key_free(k);
	arena_free(a);
}

static inline void
world_hex_key(struct world *w, const char *dir, const char *name)
{
	unsigned char key[CRYPT_KEY_BYTES];
	char text[2 * CRYPT_KEY_BYTES + 1];
	struct err e = { .kind = ERR_NONE };

	(void)w;
	crypt_random(key, sizeof key);
	enc_hex(text, key, sizeof key);
	text[sizeof text - 1] = '\n';
	if (!keyfile_write(
		dir, name, (struct str){ text, sizeof text }, true, &e))
		world_die(name, &e);
}

static inline void
world_settings(struct world *w, const char *more)
{
	char *path = arena_printf(w->a, "%s/wardgate.conf", w->dir);
	struct err e = { .kind = ERR_NONE };
	FILE *f = fopen(path, "w");

	if (!f)
		world_die("settings", &e);
	fprintf(f,
	    "public_base = " WORLD_BASE "\ndatabase = %s\n"
	    "signing_key_dir = %s/signing\npublic_key_dir = %s/public\n"
	    "pepper_dir = %s/pepper\ncursor_key_file = %s/cursor\n"
	    "sealing_key_dir = %s/sealing\n"
	    "shared_dir = %s\nprovider_http = loopback\n%s",
	    getenv("WG_TEST_DB"), w->dir, w->dir, w->dir, w->dir, w->dir,
	    w->dir, more ? more : "");
	fclose(f);
	if (!(w->conf = conf_read(w->a, path, &e)))
		world_die("settings", &e);
}

/* world_secret - one more secret of the client; text receives it. */
static inline void
world_secret(struct world *w, char text[SECRET_LEN + 1])
{
	struct err e = { .kind = ERR_NONE };
	struct secret_peppers *p = secret_peppers_open(w->conf->pepper_dir, &e);
	struct secret s;
	char hash[2 * SECRET_HASH_BYTES + 1] = { 0 };

	if (!p)
		world_die("pepper", &e);
	secret_make(p, text, &s);
	enc_hex(hash, s.hash, sizeof s.hash);
	world_sql(w,
	    "select wardgate.secret_add('%s', '%s', 'label', 'wg1_%s', "
	    "'\\x%s', %d, null, null, 5)",
	    w->client_text, s.key_id, s.key_id, hash, s.pepper);
	secret_peppers_free(p);
}

/* world_tenant - the i-th tenant, granted, with this provider. */
static inline void
world_tenant(struct world *w, size_t i, const char *url, const char *version)
{
	world_sql(w,
	    "select * from wardgate.tenant_put('%s', 'Hospital %zu', '', '%s', "
	    "'%s', '', '', '', '', '', '', '%s')",
	    w->tenant_text[i], i, url, version, w->client_text);
}

static inline void
world_rows(struct world *w)
{
	size_t i;

	crypt_random(w->client.at, sizeof w->client.at);
	guid_write(w->client_text, &w->client);
	world_sql(w, "select * from wardgate.policy_set('provider_http', "
		     "'loopback');"
		     "select * from wardgate.policy_set('production_probe', "
		     "'advised')");
	world_sql(w, "select wardgate.client_add('%s', 'Test app', '', '')",
	    w->client_text);
	world_secret(w, w->secret);
	for (i = 0; i < WORLD_TENANTS; i++) {
		crypt_random(w->tenant[i].at, sizeof w->tenant[i].at);
		guid_write(w->tenant_text[i], &w->tenant[i]);
		world_tenant(w, i, "http://127.0.0.1:9/0", "R4");
	}
	world_key(w, w->kid);
	world_sql(w,
	    "delete from wardgate.signing_key;"
	    "select wardgate.signing_key_add('%s')",
	    w->kid);
}

/* world_open - false, and one line that says so: WG_TEST_DB is not set.
 *   more  further lines of settings, or NULL */
static inline bool
world_open(struct world *w, const char *more)
{
	const struct db_opts o = { .conninfo = getenv("WG_TEST_DB"),
		.application_name = "world",
		.connections = 1,
		.wait_ms = 20000 };
	struct err e = { .kind = ERR_NONE };

	if (!o.conninfo) {
		fprintf(stderr, "skipped: WG_TEST_DB names no database\n");
		return false;
	}
	*w = (struct world){ .a = arena_new(), .dir = "/tmp/wg-world-XXXXXX" };
	if (!mkdtemp(w->dir) || !crypt_start(&e))
		world_die("folder", &e);
	js_start();
	world_settings(w, more);
	world_hex_key(w, w->conf->pepper_dir, "1");
	world_hex_key(w, w->dir, "cursor");
	if (!(w->db = db_open(&o, &e)) || !(w->conn = db_take(w->db, &e)))
		world_die("database", &e);
	world_rows(w);
	return true;
}

static inline void
world_close(struct world *w)
{
	pid_t rm;

	db_give(w->conn);
	db_close(w->db);
	if (!(rm = fork())) {
		execlp("rm", "rm", "-rf", w->dir, (char *)NULL);
		_exit(127);
	}
	waitpid(rm, NULL, 0);
	arena_free(w->a);
}

#endif
