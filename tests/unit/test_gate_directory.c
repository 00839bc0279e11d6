/* test_gate_directory.c - what the database says of a tenant is what is read
 * SPDX-License-Identifier: Apache-2.0
 *
 * Needs WG_TEST_DB, a string for a database with the schema; without it
 * everything here is skipped. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ext/prepare.h"
#include "gate/credential.h"
#include "gate/directory.h"

#define TENANT "d12ec700-0000-4000-8000-000000000001"
#define CLIENT "d12ec700-0000-4000-8000-000000000002"

static const char *server;

struct desk {
	struct arena *a;
	struct db *db;
	struct directory *directory;
	struct guid client, tenant;
};

static void
run(struct desk *d, const char *sql)
{
	struct err e = { .kind = ERR_NONE };
	struct db_conn *c = db_take(d->db, &e);

	if (!c || !db_run_script(c, sql, &e))
		fail_msg("%s: %s", sql, e.why);
	db_give(c);
}

static void
gone(struct desk *d)
{
	run(d, "delete from wardgate.client_grant where tenant_id = '" TENANT
	       "'; delete from wardgate.provider where tenant_id = '" TENANT
	       "'; delete from wardgate.tenant where tenant_id = '" TENANT
	       "'; delete from wardgate.client where client_id = '" CLIENT "'");
}

static void
begun(struct desk *d)
{
	const struct db_opts o = { .conninfo = server,
		.role = "wg_owner",
		.application_name = "directory",
		.prepare_sql = prepare_facade,
		.connections = 2,
		.wait_ms = 10000 };
	struct err e = { .kind = ERR_NONE };

	if (!server)
		skip();
	*d = (struct desk){ .a = arena_new() };
	assert_true(guid_read(&d->client, STR(CLIENT)));
	assert_true(guid_read(&d->tenant, STR(TENANT)));
	assert_non_null(d->db = db_open(&o, &e));
	assert_non_null(d->directory = directory_alone(d->db, "/nonexistent"));
	gone(d);
	run(d, "select wardgate.client_add('" CLIENT "', 'App', '', '')");
}

static void
over(struct desk *d)
{
	gone(d);
	directory_free(d->directory);
	db_close(d->db);
	arena_free(d->a);
}

/* A tenant whose provider has these columns, and no others than usual. */
static const struct directory_route *
route(struct desk *d, const char *columns)
{
	const struct directory_route *r;
	struct err e = { .kind = ERR_NONE };

	run(d, "insert into wardgate.tenant (tenant_id, slug, name, mrn_system)"
	       " values ('" TENANT "', 'directory', 'D', 'urn:oid:1.2.3')"
	       " on conflict do nothing;"
	       " insert into wardgate.client_grant (client_id, tenant_id)"
	       " values ('" CLIENT "', '" TENANT "') on conflict do nothing;"
	       " insert into wardgate.provider (tenant_id, base_url,"
	       " fhir_version) values ('" TENANT "', 'https://fhir.example',"
	       " 'STU3') on conflict do nothing");
	if (columns)
		run(d, arena_printf(d->a,
			   "update wardgate.provider set %s where tenant_id = "
			   "'" TENANT "'",
			   columns));
	r = directory_route(
	    d->directory, d->a, &d->client, &d->tenant, DIRECTORY_FRESH, &e);
	if (!r)
		fail_msg("directory_route: %s", e.why);
	return r;
}

static void
a_route_says_what_its_provider_can(void **state)
{
	const struct directory_route *r;
	struct desk d;

	(void)state;
	begun(&d);
	r = route(&d, NULL);
	assert_int_equal(r->grant, GRANT_LIVE);
	assert_int_equal(r->tenant, TENANT_ACTIVE);
	assert_string_equal(r->base_url, "https://fhir.example");
	assert_string_equal(r->fhir_version, "STU3");
	assert_string_equal(r->mode, "translate");
	assert_string_equal(r->mrn_system, "urn:oid:1.2.3");
	assert_string_equal(r->can_contains, "auto");
	assert_string_equal(r->can_sort, "auto");
	assert_string_equal(r->can_total, "auto");
	assert_string_equal(r->can_batch, "auto");
	assert_string_equal(r->coverage_person, "auto");
	assert_true(r->search_post);
	assert_true(r->write_extensions);
	r = route(&d, "can_contains = 'on', can_sort = 'off', "
		      "coverage_person = 'policy-holder'");
	assert_string_equal(r->can_contains, "on");
	assert_string_equal(r->can_sort, "off");
	assert_string_equal(r->coverage_person, "policy-holder");
	r = route(&d, "can_total = 'off', can_batch = 'on', "
		      "write_extensions = false, mode = 'links'");
	assert_string_equal(r->can_total, "off");
	assert_string_equal(r->can_batch, "on");
	assert_false(r->write_extensions);
	assert_string_equal(r->mode, "links");
	over(&d);
}

static void
a_route_says_what_its_grant_covers(void **state)
{
	struct err e = { .kind = ERR_NONE };
	const struct directory_link *l;
	struct desk d;

	(void)state;
	begun(&d);
	assert_int_equal(route(&d, NULL)->may, SCOPE_ALL);
	run(&d, "update wardgate.client_grant set types = '{Patient,Coverage}'"
		" where tenant_id = '" TENANT "'");
	assert_int_equal(
	    route(&d, NULL)->may, SCOPE_BIT(IFACE_PATIENT, IFACE_READ) |
				      SCOPE_BIT(IFACE_PATIENT, IFACE_SEARCH) |
				      SCOPE_BIT(IFACE_COVERAGE, IFACE_READ) |
				      SCOPE_BIT(IFACE_COVERAGE, IFACE_SEARCH));
	l = directory_link(
	    d.directory, d.a, &d.client, &d.tenant, DIRECTORY_CACHED, &e);
	assert_int_equal(l->may, 0);
	over(&d);
}

/* Puts a credential of the provider's into the database, and its key into a new
 * folder, whose directory takes the place of d's. Returns the key's file. */
static const char *
seal(struct desk *d, char dir[], const char *secret)
{
	const unsigned char private[CRYPT_X25519_BYTES] = { 9 };
	const struct credential_for of = { CREDENTIAL_HEADER, d->tenant,
		"https://fhir.example", NULL };
	unsigned char public[CRYPT_X25519_BYTES];
	char kid[BOX_KID_LEN + 1], hex[2 * CRYPT_X25519_BYTES + 1] = "";
	struct err e = { .kind = ERR_NONE };
	const char *file;
	FILE *f;

	crypt_x25519_public(public, private);
	box_kid(kid, public);
	assert_non_null(mkdtemp(dir));
	file = arena_printf(d->a, "%s/%s.key", dir, kid);
	enc_hex(hex, private, sizeof private);
	assert_non_null(f = fopen(file, "w"));
	fprintf(f, "%s\n", hex);
	fclose(f);
	assert_int_equal(chmod(file, 0600), 0);
	enc_hex(hex, public, sizeof public);
	run(d, arena_printf(d->a,
		   "insert into wardgate.sealing_key (kid, public_key)"
		   " values ('%s', '\\x%s') on conflict do nothing;"
		   "insert into wardgate.provider_credential (tenant_id, kind,"
		   " box, origin) values ('" TENANT "', 'header', '%s', '')",
		   kid, hex,
		   credential_close(d->a, public, &of, str_of(secret), &e)));
	directory_free(d->directory);
	d->directory = directory_alone(d->db, dir);
	return file;
}

static void
a_route_carries_the_credential_that_its_provider_wants(void **state)
{
	char dir[] = "/tmp/wardgate-directory-XXXXXX";
	const struct directory_route *r;
	const char *file;
	struct desk d;

	(void)state;
	begun(&d);
	r = route(&d, NULL);
	assert_null(r->credential.line);
	assert_null(r->credential.shut);
	file = seal(&d, dir, "X-Api-Key: k");
	r = route(&d, NULL);
	assert_string_equal(r->credential.line, "X-Api-Key: k");
	assert_null(r->credential.shut);
	r = route(&d, "base_url = 'https://elsewhere.example'");
	assert_null(r->credential.line);
	assert_non_null(strstr(r->credential.shut, "https://fhir.example:443"));
	route(&d, "base_url = 'https://fhir.example'");
	assert_int_equal(unlink(file), 0);
	r = route(&d, NULL);
	assert_null(r->credential.line);
	assert_non_null(strstr(r->credential.shut, "sealed to the key"));
	run(&d, "update wardgate.tenant set state = 'suspended' where "
		"tenant_id = '" TENANT "'");
	r = route(&d, NULL);
	assert_null(r->credential.line);
	assert_null(r->credential.shut); /* nobody is sent there */
	assert_int_equal(rmdir(dir), 0);
	over(&d);
}

static void
of_a_tenant_that_is_not_there_every_text_is_empty(void **state)
{
	const struct directory_route *r[2];
	struct err e = { .kind = ERR_NONE };
	struct desk d;

	(void)state;
	begun(&d);
	r[0] = directory_route(
	    d.directory, d.a, &d.client, &d.tenant, DIRECTORY_FRESH, &e);
	r[1] = directory_route(
	    d.directory, d.a, &d.client, &d.tenant, DIRECTORY_CACHED, &e);
	for (size_t i = 0; i < COUNT(r); i++) {
		const char *const texts[] = { r[i]->base_url, r[i]->mode,
			r[i]->fhir_version, r[i]->notice, r[i]->mrn_system,
			r[i]->can_contains, r[i]->can_sort, r[i]->can_total,
			r[i]->can_batch, r[i]->coverage_person };

		assert_int_equal(r[i]->tenant, TENANT_UNKNOWN);
		for (size_t k = 0; k < COUNT(texts); k++)
			assert_string_equal(texts[k], "");
	}
	over(&d);
}

/* The key of RFC 7515 A.3. */
static void
store_keys(struct desk *d, const char *kid)
{
	run(d,
	    arena_printf(d->a,
		"select wardgate.client_jwks_set('" CLIENT "', "
		"'{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\","
		"\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
		"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}', "
		"'aaaaaaaa')",
		kid));
}

static const struct directory_keys *
keys(struct desk *d, struct directory *directory)
{
	struct err e = { .kind = ERR_NONE };
	const struct directory_keys *k =
	    directory_keys(directory, d->a, &d->client, DIRECTORY_FRESH, &e);

	if (!k)
		fail_msg("directory_keys: %s", e.why);
	return k;
}

static void
keys_that_have_not_changed_are_not_read_again(void **state)
{
	const struct conf c = { .directory_entries = 10,
		.change_poll_ms = 50,
		.change_trust_ms = 60000 };
	const struct db_opts o = { .conninfo = server,
		.role = "wg_owner",
		.application_name = "directory",
		.prepare_sql = prepare_token,
		.connections = 2,
		.wait_ms = 10000 };
	const struct directory_keys *first;
	struct err e = { .kind = ERR_NONE };
	struct directory *cached;
	struct db *db;
	struct desk d;

	(void)state;
	begun(&d);
	store_keys(&d, "one");
	assert_non_null(db = db_open(&o, &e));
	assert_non_null(cached = directory_new(db, &c, NULL, NULL, &e));
	first = keys(&d, cached);
	assert_non_null(first->set);
	assert_ptr_equal(keys(&d, cached)->set, first->set);
	run(&d, "update wardgate.client set purpose = 'x' where client_id = "
		"'" CLIENT "'");
	assert_ptr_equal(keys(&d, cached)->set, first->set);
	store_keys(&d, "other");
	assert_ptr_not_equal(keys(&d, cached)->set, first->set);
	assert_non_null(jwk_set_find(keys(&d, cached)->set, STR("other")));
	directory_free(cached);
	db_close(db);
	over(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_route_says_what_its_provider_can),
		cmocka_unit_test(a_route_says_what_its_grant_covers),
		cmocka_unit_test(
		    a_route_carries_the_credential_that_its_provider_wants),
		cmocka_unit_test(
		    of_a_tenant_that_is_not_there_every_text_is_empty),
		cmocka_unit_test(keys_that_have_not_changed_are_not_read_again),
	};

	server = getenv("WG_TEST_DB");
	if (!server)
		puts("skipped: WG_TEST_DB names no database");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
