/* test_app_asker.c - a refusal is the same work whatever its cause
 * SPDX-License-Identifier: Apache-2.0
 *
 * The doors to the database and to OpenSSL are replaced at link time
 * (GNUmakefile): each call is written down, and the database is a table here.
 * What was written down is compared between causes; no clock is asked. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/asker.h"
#include "app/issue.h"
#include "base/buf.h"
#include "ext/crypt.h"
#include "gate/meter.h"

#define LIVE     "11111111-1111-4111-8111-111111111111"
#define DISABLED "22222222-2222-4222-8222-222222222222"
#define OTHER    "33333333-3333-4333-8333-333333333333"
#define UNKNOWN  "99999999-9999-4999-8999-999999999999"
#define TENANT   "40000000-0000-4000-8000-000000000004"
#define NOW_S    INT64_C(1750000000)

/* ---- what is called ------------------------------------------------------------ */

static char calls[4096];

static void __attribute__((format(printf, 1, 2))) note(const char *fmt, ...)
{
	size_t n = strlen(calls);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(calls + n, sizeof calls - n, fmt, ap);
	va_end(ap);
}

void __real_crypt_hmac(const struct crypt_hmac *h, const void *bytes, size_t n,
    unsigned char to[CRYPT_SHA256_BYTES]);
void __wrap_crypt_hmac(const struct crypt_hmac *h, const void *bytes, size_t n,
    unsigned char to[CRYPT_SHA256_BYTES]);
void __real_crypt_sha256(
    unsigned char to[CRYPT_SHA256_BYTES], const void *bytes, size_t n);
void __wrap_crypt_sha256(
    unsigned char to[CRYPT_SHA256_BYTES], const void *bytes, size_t n);
bool __real_crypt_same(const void *a, const void *b, size_t n);
bool __wrap_crypt_same(const void *a, const void *b, size_t n);
bool __wrap_meter_open(
    const struct conf *conf, const char *program, struct err *e);
void __wrap_meter_lookup(enum meter_lookup what, bool hit);
bool __wrap_limit_draw(struct limits *l, enum limit_kind kind,
    const struct guid *who, int64_t cost, int64_t now_us, struct err *e);
struct change *__wrap_change_start(struct db *db, const struct conf *conf,
    change_seen *seen, void *ctx, struct err *e);
void __wrap_change_stop(struct change *c);
int64_t __wrap_change_number(const struct change *c);
bool __wrap_change_trusted(const struct change *c);
bool __wrap_serve_body(struct work *w, size_t max, struct str *body);
struct gateway *__wrap_gateway_open(struct arena *a, const struct conf *conf,
    const char *program, const char *sql, bool signs, bool once, struct err *e);
const struct db_rows *__wrap_db_ask(struct db *db, struct arena *a,
    const char *statement, const struct db_arg *args, size_t n, struct err *e);

void
__wrap_crypt_hmac(const struct crypt_hmac *h, const void *bytes, size_t n,
    unsigned char to[CRYPT_SHA256_BYTES])
{
	note("hmac %zu\n", n);
	__real_crypt_hmac(h, bytes, n, to);
}

void
__wrap_crypt_sha256(
    unsigned char to[CRYPT_SHA256_BYTES], const void *bytes, size_t n)
{
	note("sha256 %zu\n", n);
	__real_crypt_sha256(to, bytes, n);
}

bool
__wrap_crypt_same(const void *a, const void *b, size_t n)
{
	note("same %zu\n", n);
	return __real_crypt_same(a, b, n);
}

bool
__wrap_meter_open(const struct conf *conf, const char *program, struct err *e)
{
	(void)conf;
	(void)program;
	(void)e;
	return true;
}

void
__wrap_meter_lookup(enum meter_lookup what, bool hit)
{
	note("lookup %d hit %d\n", what, hit);
}

bool
__wrap_limit_draw(struct limits *l, enum limit_kind kind,
    const struct guid *who, int64_t cost, int64_t now_us, struct err *e)
{
	(void)l;
	(void)who;
	(void)now_us;
	(void)e;
	note("draw %d %lld\n", kind, (long long)cost);
	return true;
}

struct change *
__wrap_change_start(struct db *db, const struct conf *conf, change_seen *seen,
    void *ctx, struct err *e)
{
	(void)db;
	(void)conf;
	(void)seen;
	(void)e;
	return ctx; /* never looked into */
}

void
__wrap_change_stop(struct change *c)
{
	(void)c;
}

int64_t
__wrap_change_number(const struct change *c)
{
	(void)c;
	return 1;
}

bool
__wrap_change_trusted(const struct change *c)
{
	(void)c;
	return true;
}

/* ---- the database ---------------------------------------------------------------- */

enum { BOOL = 16, BYTEA = 17, INT8 = 20, INT4 = 23, TEXT = 25, TIME = 1184 };

/* Secrets; text is made when the story begins. */
static struct stored {
	const char *client, *state;
	bool dead;
	int64_t start_s, end_s; /* 0: none */
	char text[SECRET_LEN + 1];
	struct secret secret;
} stored[] = {
	{ .client = LIVE, .state = "live" },
	{ .client = LIVE, .state = "live", .dead = true },
	{ .client = LIVE, .state = "live", .end_s = NOW_S - 1 },
	{ .client = LIVE, .state = "live", .start_s = NOW_S + 9 },
	{ .client = DISABLED, .state = "disabled" },
	{ .client = OTHER, .state = "live" },
};
enum { RIGHT, DEAD, EXPIRED, EARLY, OFF, FOREIGN };

static struct db_cell
cell(struct arena *a, uint32_t type, const void *bytes, size_t n)
{
	return (struct db_cell){ type, { arena_dup(a, bytes, n), n } };
}

static struct db_cell
number(struct arena *a, uint32_t type, int64_t n)
{
	struct buf b = buf_new(a, 8);

	if (type == INT4)
		db_put_i32(&b, (int32_t)n);
	else if (type == INT8)
		db_put_i64(&b, n);
	else
		db_put_time(&b, n * 1000000);
	return (struct db_cell){ type, { b.at, b.len } };
}

static struct db_cell
text(struct arena *a, const char *s)
{
	return cell(a, TEXT, s, strlen(s));
}

static const struct db_rows *
client_row(struct arena *a, const char *state, const struct stored *s)
{
	static const char *const names[] = { "n", "client_state", "key_id",
		"hash", "pepper_version", "not_before", "not_after",
		"invalidated" };
	struct db_cell *c = arena_get(a, COUNT(names) * sizeof *c);
	struct db_rows *rows = arena_get(a, sizeof *rows);
	char dead = s && s->dead;

	c[0] = number(a, INT8, 1);
	c[1] = text(a, state);
	c[2] =
	    s ? text(a, s->secret.key_id) : (struct db_cell){ TEXT, STR_NONE };
	c[3] = s ? cell(a, BYTEA, s->secret.hash, sizeof s->secret.hash)
	         : (struct db_cell){ BYTEA, STR_NONE };
	c[4] = s ? number(a, INT4, 1) : (struct db_cell){ INT4, STR_NONE };
	c[5] = s ? number(a, TIME, s->start_s)
	         : (struct db_cell){ TIME, STR_NONE };
	c[6] = s && s->end_s ? number(a, TIME, s->end_s)
	                     : (struct db_cell){ TIME, STR_NONE };
	c[7] = cell(a, BOOL, &dead, 1);
	*rows = (struct db_rows){ 1, COUNT(names), names, c };
	return rows;
}

const struct db_rows *
__wrap_db_ask(struct db *db, struct arena *a, const char *statement,
    const struct db_arg *args, size_t n, struct err *e)
{
	const char *state = "unknown";
	const struct stored *found = NULL;
	struct guid id;
	size_t i;

	(void)db;
	(void)e;
	note("ask %s %zu %zu\n", statement, n, args[1].bytes.len);
	assert_string_equal(statement, "client_for_token");
	for (i = 0; i < COUNT(stored); i++) {
		assert_true(guid_read(&id, str_of(stored[i].client)));
		if (!guid_eq(&id, &args[0].guid))
			continue;
		state = stored[i].state;
		if (str_is(args[1].bytes, stored[i].secret.key_id))
			found = &stored[i];
	}
	return client_row(a, state, found);
}

/* ---- the house -------------------------------------------------------------------- */

static struct conf conf = { .public_base = "https://x.example",
	.token_body_bytes = 16384,
	.token_params = 32,
	.scope_bytes = 256,
	.token_life_s = 600,
	.token_skew_s = 60,
	.directory_entries = 100 };
static char dir[64], pepper[80];
static struct arena *house;
static struct str sent;

bool
__wrap_serve_body(struct work *w, size_t max, struct str *body)
{
	(void)max;
	*body = (struct str){ arena_dup(w->a, sent.at, sent.len), sent.len };
	return true;
}

struct gateway *
__wrap_gateway_open(struct arena *a, const struct conf *c, const char *program,
    const char *sql, bool signs, bool once, struct err *e)
{
	struct gateway *g = arena_get(a, sizeof *g);

	(void)program;
	(void)sql;
	(void)once;
	g->conf = c;
	g->signs = signs;
	g->directory = directory_new(NULL, c, NULL, NULL, e);
	return g;
}

static void
make_secrets(void)
{
	struct err e = { .kind = ERR_NONE };
	struct secret_peppers *p = secret_peppers_open(dir, &e);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < COUNT(stored); i++)
		secret_make(p, stored[i].text, &stored[i].secret);
	secret_peppers_free(p);
}

static int
begin(void **state)
{
	struct err e = { .kind = ERR_NONE };
	FILE *f;

	(void)state;
	snprintf(dir, sizeof dir, "/tmp/wardgate-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(pepper, sizeof pepper, "%s/1", dir);
	assert_non_null(f = fopen(pepper, "w"));
	fprintf(f, "%064d\n", 7);
	fclose(f);
	assert_int_equal(chmod(pepper, 0600), 0);
	conf.pepper_dir = dir;
	make_secrets();
	house = arena_new();
	assert_true(asker_start(house, &conf, false, &e));
	return 0;
}

static int
end(void **state)
{
	(void)state;
	directory_free(asker_gateway()->directory);
	arena_free(house);
	unlink(pepper);
	return rmdir(dir);
}

/* ---- one request -------------------------------------------------------------------- */

/* What a stranger and the operator are told, and what was done for it. */
struct told {
	enum err_kind kind;
	unsigned status;
	char body[1024];
	size_t headers, row_bytes; /* of the audit, without its reason */
	char calls[sizeof calls];
};

static void
look(struct told *t, struct work *w)
{
	struct audit_row *row = gateway_row(w);
	struct buf b = buf_new(w->a, 4096);

	row->status = (int)w->resp->status;
	row->reason = fail_reason(t->kind);
	row->duration_us = 1;
	audit_row_wire(&b, row, "token", "host");
	t->row_bytes = b.len - strlen(row->reason);
	t->status = w->resp->status;
	t->headers = w->resp->n;
	snprintf(t->body, sizeof t->body, "%.*s", STR_FMT(w->resp->body));
	memcpy(t->calls, calls, sizeof calls);
}

static void
ask(struct told *t, const char *client, const char *secret)
{
	struct req req = { .method = REQ_POST,
		.content_type = STR("application/x-www-form-urlencoded"),
		.start_us = NOW_S * 1000000 };
	struct resp resp = { .status = 200 };
	struct work w = { .a = arena_new(),
		.conf = &conf,
		.req = &req,
		.resp = &resp,
		.face = FAIL_OAUTH };

	sent = str_of(arena_printf(w.a,
	    "grant_type=client_credentials&client_id=%s&client_secret=%s"
	    "&scope=" TENANT,
	    client, secret));
	calls[0] = '\0';
	gateway_begin(&w);
	assert_false(issue_token(&w));
	asker_refused(&w);
	t->kind = w.err.kind;
	fail_write(&resp, w.a, &req, w.face, &w.err);
	look(t, &w);
	arena_free(w.a);
}

/* Of our form, and nobody's; its key id is nobody's either, or that of s. */
static const char *
wrong(const struct stored *s)
{
	static char made[SECRET_LEN + 1];
	unsigned char digest[CRYPT_SHA256_BYTES];
	char check[ENC_B64_LEN(CRYPT_SHA256_BYTES)];

	snprintf(made, sizeof made, "wg1_%s_%043d",
	    s ? s->secret.key_id : "zzzzzzzz", 0);
	made[55] = 'A';
	__real_crypt_sha256(digest, made, 56);
	enc_b64url(check, digest, sizeof digest);
	memcpy(made + 56, check, 6);
	made[SECRET_LEN] = '\0';
	return made;
}

static void
assert_same(const struct told *t, const struct told *first)
{
	assert_int_equal(t->status, 401);
	assert_string_equal(t->body, first->body);
	assert_int_equal(t->headers, first->headers);
	assert_string_equal(t->calls, first->calls);
}

/* ---- stories ----------------------------------------------------------------------- */

static void
an_unknown_client_is_the_work_of_a_wrong_secret(void **state)
{
	struct told nobody, known;
	int i;

	(void)state;
	for (i = 0; i < 3; i++) { /* also when it was asked before */
		ask(&nobody, UNKNOWN, wrong(NULL));
		ask(&known, LIVE, wrong(NULL));
		assert_int_equal(nobody.kind, ERR_CLIENT_UNKNOWN);
		assert_int_equal(known.kind, ERR_SECRET_WRONG);
		assert_same(&known, &nobody);
		assert_int_equal(known.row_bytes, nobody.row_bytes);
	}
	assert_string_equal(nobody.calls,
	    "sha256 56\nsame 6\n" /* no typo */
	    "lookup 0 hit 0\nhmac 62\nsame 32\n"
	    "ask client_for_token 2 8\nhmac 62\nsame 32\n"
	    "draw 2 1\n"); /* a failure of its source */
}

static void
every_other_cause_is_the_same_work(void **state)
{
	struct told nobody, t;
	const struct {
		const char *client, *secret;
		enum err_kind kind;
	} rows[] = {
		{ LIVE, stored[FOREIGN].text, ERR_SECRET_WRONG },
		{ UNKNOWN, stored[RIGHT].text, ERR_CLIENT_UNKNOWN },
		{ LIVE, stored[DEAD].text, ERR_SECRET_DEAD },
		{ DISABLED, stored[OFF].text, ERR_CLIENT_DISABLED },
		{ DISABLED, stored[RIGHT].text, ERR_CLIENT_DISABLED },
		{ "no-guid-at-all", stored[RIGHT].text, ERR_CLIENT_UNKNOWN },
	};
	size_t i, again;

	(void)state;
	ask(&nobody, UNKNOWN, wrong(NULL));
	for (i = 0; i < COUNT(rows); i++)
		for (again = 0; again < 2; again++) {
			ask(&t, rows[i].client, rows[i].secret);
			assert_int_equal(t.kind, rows[i].kind);
			assert_same(&t, &nobody);
		}
}

/* Who holds one of these, or its key id, knows that the client exists. */
static void
a_secret_out_of_its_time_is_the_same_work_but_may_be_at_hand(void **state)
{
	struct told nobody, t;
	const struct {
		const char *secret;
		enum err_kind kind;
	} rows[] = {
		{ stored[EXPIRED].text, ERR_SECRET_EXPIRED },
		{ stored[EARLY].text, ERR_SECRET_EARLY },
		{ wrong(&stored[RIGHT]), ERR_SECRET_WRONG },
	};
	char secret[SECRET_LEN + 1], *hit;
	size_t i, again;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		for (again = 0; again < 2; again++) {
			memcpy(secret, rows[i].secret, sizeof secret);
			ask(&nobody, UNKNOWN, secret);
			ask(&t, LIVE, secret);
			assert_int_equal(t.kind, rows[i].kind);
			assert_non_null(hit = strstr(t.calls, "hit "));
			hit[4] = '0';
			assert_same(&t, &nobody);
		}
}

static void
a_typo_is_told_before_anybody_is_looked_for(void **state)
{
	struct told nobody, known;

	(void)state;
	ask(&nobody, UNKNOWN, "wg1_abcdefgh");
	ask(&known, LIVE, "wg1_abcdefgh");
	assert_int_equal(nobody.kind, ERR_SECRET_MALFORMED);
	assert_int_equal(known.kind, ERR_SECRET_MALFORMED);
	assert_same(&known, &nobody);
	assert_string_equal(known.calls, "draw 2 1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    an_unknown_client_is_the_work_of_a_wrong_secret),
		cmocka_unit_test(every_other_cause_is_the_same_work),
		cmocka_unit_test(
		    a_secret_out_of_its_time_is_the_same_work_but_may_be_at_hand),
		cmocka_unit_test(a_typo_is_told_before_anybody_is_looked_for),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
