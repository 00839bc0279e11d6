/* test_ext_fetch_guard.c - requests go to public addresses, and to listed ones
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "ext/fetch_guard.h"

/* P public, M this machine, L private (where it is listed), N never. */
static const struct {
	const char *at;
	char kind;
} rows[] = {
	{ "1.1.1.1", 'P' },
	{ "9.255.255.255", 'P' },
	{ "11.0.0.0", 'P' },
	{ "100.63.255.255", 'P' },
	{ "100.128.0.0", 'P' },
	{ "169.253.255.255", 'P' },
	{ "172.15.255.255", 'P' },
	{ "172.32.0.0", 'P' },
	{ "192.167.255.255", 'P' },
	{ "192.169.0.0", 'P' },
	{ "223.255.255.255", 'P' },
	{ "2a00:1450::1", 'P' },
	{ "3fff:ffff::1", 'P' },
	{ "127.0.0.1", 'M' },
	{ "127.255.255.254", 'M' },
	{ "::1", 'M' },
	{ "10.0.0.0", 'L' },
	{ "10.255.255.255", 'L' },
	{ "100.64.0.1", 'L' },
	{ "100.127.255.255", 'L' },
	{ "172.16.0.1", 'L' },
	{ "172.31.255.255", 'L' },
	{ "192.168.0.1", 'L' },
	{ "198.19.255.255", 'L' },
	{ "fc00::1", 'L' },
	{ "fdff:ffff::1", 'L' },
	{ "0.0.0.0", 'N' },
	{ "0.255.255.255", 'N' },
	{ "169.254.169.254", 'N' },
	{ "192.0.0.192", 'N' },
	{ "192.88.99.1", 'N' },
	{ "100.100.100.200", 'N' },
	{ "224.0.0.1", 'N' },
	{ "240.0.0.1", 'N' },
	{ "255.255.255.255", 'N' },
	{ "::", 'N' },
	{ "::2", 'N' },
	{ "::127.0.0.1", 'N' },
	{ "::ffff:127.0.0.1", 'N' },
	{ "::ffff:8.8.8.8", 'N' },
	{ "::ffff:169.254.169.254", 'N' },
	{ "64:ff9b::a9fe:a9fe", 'N' },
	{ "64:ff9b:1::1", 'N' },
	{ "2002:a9fe:a9fe::1", 'N' },
	{ "2001::1", 'N' },
	{ "2001:1ff::1", 'N' },
	{ "fd00:ec2::254", 'N' },
	{ "fe80::1", 'N' },
	{ "febf::1", 'N' },
	{ "fec0::1", 'N' },
	{ "ff02::1", 'N' },
	{ "4000::1", 'N' },
	{ "100::1", 'N' },
};

static struct fetch_addr
address(const char *text)
{
	struct fetch_addr at = { .v6 = strchr(text, ':') != NULL };

	assert_int_equal(inet_pton(at.v6 ? AF_INET6 : AF_INET, text, at.at), 1);
	return at;
}

static void
U1_each_address_is_of_its_kind(void **state)
{
	struct fetch_net all[2]; /* more than could ever be stored */
	const struct fetch_guard strict = { 0 }, here = { .loopback = true },
				 listed = { false, all, 2 };
	size_t i;

	(void)state;
	assert_true(fetch_net_read(&all[0], STR("0.0.0.0/0")));
	assert_true(fetch_net_read(&all[1], STR("::/0")));
	for (i = 0; i < COUNT(rows); i++) {
		struct fetch_addr at = address(rows[i].at);
		char k = rows[i].kind;

		if (fetch_guard_allows(&strict, &at, false) != (k == 'P') ||
		    fetch_guard_allows(&here, &at, false) !=
			(k == 'P' || k == 'M') ||
		    fetch_guard_allows(&listed, &at, false) !=
			(k == 'P' || k == 'L') ||
		    fetch_guard_allows(&strict, &at, true) ||
		    fetch_guard_allows(&listed, &at, true) ||
		    fetch_guard_allows(&here, &at, true) != (k == 'M'))
			fail_msg("%s", rows[i].at);
	}
}

static void
a_listed_network_ends_where_it_ends(void **state)
{
	static const struct {
		const char *net, *at;
		bool in;
	} cases[] = {
		{ "10.1.2.0/23", "10.1.3.255", true },
		{ "10.1.2.0/23", "10.1.4.0", false },
		{ "10.1.2.3/32", "10.1.2.3", true },
		{ "10.1.2.3/32", "10.1.2.2", false },
		{ "10.0.0.0/8", "192.168.0.1", false },
		{ "fd12:3456::/33", "fd12:3456:7fff::1", true },
		{ "fd12:3456::/33", "fd12:3456:8000::1", false },
		{ "10.0.0.0/8", "fd0a::1", false },
		{ "fd00::/8", "10.0.0.1", false },
	};
	struct fetch_net net;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(cases); i++) {
		struct fetch_guard g = { false, &net, 1 };
		struct fetch_addr at = address(cases[i].at);

		assert_true(fetch_net_read(&net, str_of(cases[i].net)));
		if (fetch_guard_allows(&g, &at, false) != cases[i].in)
			fail_msg("%s in %s", cases[i].at, cases[i].net);
	}
}

static void
what_is_no_network_opens_nothing(void **state)
{
	static const char *const bad[] = { "", "/", "10.0.0.0", "10.0.0.0/",
		"10.0.0.0/33", "10.0.0/8", "0x0a.0.0.0/8", "10.0.0.0/-1",
		"10.0.0.0/8/8", "fd00::/129", "fd00::", "fd00::%lo/8", "any/0",
		"10.0.0.0/08x",
		"fd00:1111:2222:3333:4444:5555:6666:7777:8888:9999/8" };
	struct fetch_net net;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		if (fetch_net_read(&net, str_of(bad[i])))
			fail_msg("%s", bad[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(U1_each_address_is_of_its_kind),
		cmocka_unit_test(a_listed_network_ends_where_it_ends),
		cmocka_unit_test(what_is_no_network_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
