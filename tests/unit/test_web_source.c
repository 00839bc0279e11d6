/* test_web_source.c - who asks, behind proxies that are believed or are not
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/source.h"

#define PROXIES "10.0.0.0/8 192.0.2.7  2001:db8:1::/48"

static bool
start(const char *proxies, enum conf_field field)
{
	const struct conf c = { .path = "x",
		.trusted_proxies = proxies,
		.forwarded_field = field };
	struct err e = { .kind = ERR_NONE };

	return source_start(&c, &e);
}

static const struct hop {
	const char *peer, *field, *who;
} hops[] = {
	/* nobody is between */
	{ "198.51.100.1", NULL, "198.51.100.1" },
	/* who is no proxy of ours is not believed */
	{ "198.51.100.1", "203.0.113.9", "198.51.100.1" },
	{ "192.0.2.8", "203.0.113.9", "192.0.2.8" },
	/* one of ours is, and what stood there before it came is not */
	{ "10.1.2.3", "203.0.113.9", "203.0.113.9" },
	{ "192.0.2.7", "203.0.113.9:4711", "203.0.113.9" },
	{ "10.1.2.3", "1.1.1.1, 203.0.113.9", "203.0.113.9" },
	{ "10.1.2.3", "1.1.1.1,203.0.113.9 ", "203.0.113.9" },
	/* proxies behind proxies */
	{ "10.1.2.3", "1.1.1.1, 203.0.113.9, 10.9.9.9", "203.0.113.9" },
	{ "10.1.2.3", "10.8.8.8, 10.9.9.9", "10.8.8.8" },
	/* IPv6 */
	{ "2001:db8:1::5", "2001:db8:2::9", "2001:db8:2::9" },
	{ "2001:db8:1::5", "[2001:db8:2::9]:443", "2001:db8:2::9" },
	{ "2001:db8:2::5", "1.1.1.1", "2001:db8:2::5" },
	{ "::ffff:10.1.2.3", "203.0.113.9", "203.0.113.9" },
	/* what cannot be read ends it */
	{ "10.1.2.3", "", "10.1.2.3" },
	{ "10.1.2.3", "unknown", "10.1.2.3" },
	{ "10.1.2.3", "203.0.113.9, _hidden", "10.1.2.3" },
	{ "10.1.2.3", "203.0.113.9,", "10.1.2.3" },
	{ "10.1.2.3", "203.0.113.09", "10.1.2.3" },
	{ "10.1.2.3", "1.1.1.1, [2001:db8:2::9", "2001:db8:2::9" },
	{ "unix", "203.0.113.9", "unix" },
};

static void
assert_who(struct str who, const char *expected)
{
	if (!str_is(who, expected))
		fail_msg("%.*s, not %s", STR_FMT(who), expected);
}

static void
the_last_hop_that_is_not_ours_is_who_asks(void **state)
{
	bool direct;
	size_t i;

	(void)state;
	assert_true(start(PROXIES, CONF_X_FORWARDED_FOR));
	for (i = 0; i < COUNT(hops); i++) {
		const struct hop *h = &hops[i];

		assert_who(source_of(str_of(h->peer), str_of(h->field),
			       STR("for=9.9.9.9"), &direct),
		    h->who);
		assert_false(direct);
	}
}

static const struct hop standard[] = {
	{ "10.1.2.3", "for=203.0.113.9", "203.0.113.9" },
	{ "10.1.2.3", "for=1.1.1.1;proto=http, FOR=\"203.0.113.9:80\";by=x",
	    "203.0.113.9" },
	{ "10.1.2.3", "proto=https;for=\"[2001:db8:2::9]:4711\"",
	    "2001:db8:2::9" },
	{ "10.1.2.3", "for=203.0.113.9, for=10.9.9.9", "203.0.113.9" },
	{ "10.1.2.3", "for=\"x, for=203.0.113.9", "203.0.113.9" },
	{ "10.1.2.3", "for=unknown", "10.1.2.3" },
	{ "10.1.2.3", "proto=https", "10.1.2.3" },
};

static void
the_standard_field_is_read_when_that_is_what_they_write(void **state)
{
	bool direct;
	size_t i;

	(void)state;
	assert_true(start(PROXIES, CONF_FORWARDED));
	for (i = 0; i < COUNT(standard); i++)
		assert_who(source_of(str_of(standard[i].peer), STR("9.9.9.9"),
			       str_of(standard[i].field), &direct),
		    standard[i].who);
}

static void
without_proxies_nothing_is_believed_but_it_is_noticed(void **state)
{
	bool direct;

	(void)state;
	assert_true(start("", CONF_X_FORWARDED_FOR));
	assert_who(
	    source_of(STR("127.0.0.1"), STR("203.0.113.9"), STR_NONE, &direct),
	    "127.0.0.1");
	assert_false(direct);
	assert_who(source_of(STR("127.0.0.1"), STR_NONE, STR_NONE, &direct),
	    "127.0.0.1");
	assert_true(direct);
}

static void
a_list_of_proxies_is_refused_unless_all_of_it_is_right(void **state)
{
	static const char *const bad[] = { "10.0.0.0/33", "10.0.0.0/", "10.0.0",
		"proxy.example", "10.0.0.1,10.0.0.2", "::/129", "::1/-1",
		"10.0.0.0/8 x" };
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		assert_false(start(bad[i], CONF_X_FORWARDED_FOR));
	assert_true(start("0.0.0.0/0", CONF_X_FORWARDED_FOR));
	assert_true(start("::/0 ::1/128", CONF_X_FORWARDED_FOR));
}

static void
failures_count_for_an_address_or_a_network_of_64_bits(void **state)
{
	struct guid a = source_key(STR("2001:db8:5:6::1")),
		    b = source_key(STR("2001:db8:5:6:ffff::2")),
		    c = source_key(STR("2001:db8:5:7::1")),
		    d = source_key(STR("192.0.2.1")),
		    e = source_key(STR("::ffff:192.0.2.1")),
		    f = source_key(STR("192.0.2.2"));

	(void)state;
	assert_true(guid_eq(&a, &b));
	assert_false(guid_eq(&a, &c));
	assert_true(guid_eq(&d, &e));
	assert_false(guid_eq(&d, &f));
}

static void
loopback_is_known_in_all_its_spellings(void **state)
{
	(void)state;
	assert_true(source_loopback(STR("127.0.0.1")));
	assert_true(source_loopback(STR("127.9.9.9")));
	assert_true(source_loopback(STR("::1")));
	assert_true(source_loopback(STR("::ffff:127.0.0.1")));
	assert_false(source_loopback(STR("128.0.0.1")));
	assert_false(source_loopback(STR("::2")));
	assert_false(source_loopback(STR("")));
	assert_false(source_loopback(STR("localhost")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_hop_that_is_not_ours_is_who_asks),
		cmocka_unit_test(
		    the_standard_field_is_read_when_that_is_what_they_write),
		cmocka_unit_test(
		    without_proxies_nothing_is_believed_but_it_is_noticed),
		cmocka_unit_test(
		    a_list_of_proxies_is_refused_unless_all_of_it_is_right),
		cmocka_unit_test(
		    failures_count_for_an_address_or_a_network_of_64_bits),
		cmocka_unit_test(loopback_is_known_in_all_its_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
