/* mint.c - access tokens in bulk, signed with the house's own key
 * SPDX-License-Identifier: Apache-2.0
 *
 * mint CONF KID CLIENT_ID CRED COUNT < tenants
 *
 * Standard input holds tenant GUIDs, one a line; they take turns. COUNT tokens
 * come out, one a line, made by the code that the token program uses, with the
 * key KID of the settings' signing_key_dir. So a bench has a fresh token for
 * every request without asking the token program. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/conf.h"
#include "gate/keyring.h"
#include "gate/token.h"

#define TENANTS_MAX 1000000

static void
die(const struct err *e)
{
	fprintf(stderr, "mint: %s %s\n", e->said, e->why);
	exit(1);
}

static size_t
tenants_read(struct guid **tenants)
{
	char line[64];
	size_t n = 0;

	*tenants = calloc(TENANTS_MAX, sizeof **tenants);
	while (*tenants != NULL && n < TENANTS_MAX &&
	       fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (!guid_read(&(*tenants)[n++], str_of(line))) {
			fprintf(stderr, "mint: not a tenant: %s\n", line);
			exit(1);
		}
	}
	return n;
}

static void
mint(struct keyring *keys, const struct token_rules *rules,
    const struct conf *conf, struct claims *c)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct str token;

	c->iat_s = clock_now_s();
	c->exp_s = c->iat_s + conf->token_life_s;
	token = token_make(a, keys, rules, c, &e);
	if (token.at == NULL)
		die(&e);
	printf("%.*s\n", STR_FMT(token));
	arena_free(a);
}

int
main(int argc, char **argv)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct claims c = { 0 };
	struct token_rules rules;
	struct keyring_wish wish = { 0 };
	struct keyring *keys;
	struct guid *tenants;
	const struct conf *conf;
	size_t i, count, n;

	if (argc != 6 || strlen(argv[4]) != SECRET_KEY_ID_LEN ||
	    !guid_read(&c.client, str_of(argv[3]))) {
		fprintf(stderr, "mint: CONF KID CLIENT_ID CRED COUNT\n");
		return 2;
	}
	memcpy(c.cred, argv[4], SECRET_KEY_ID_LEN);
	count = strtoul(argv[5], NULL, 10);
	conf = conf_read(a, argv[1], &e);
	if (conf == NULL)
		die(&e);
	wish.sign = argv[2];
	keys = keyring_open(
	    conf->public_key_dir, conf->signing_key_dir, &wish, &e);
	if (keys == NULL)
		die(&e);
	rules = token_rules_of(a, conf);
	n = tenants_read(&tenants);
	for (i = 0; n > 0 && i < count; i++) {
		c.tenant = tenants[i % n];
		mint(keys, &rules, conf, &c);
	}
	free(tenants);
	keyring_free(keys);
	arena_free(a);
	return 0;
}
