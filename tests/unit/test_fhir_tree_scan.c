/* test_fhir_tree_scan.c - the fast loops find what a slow loop finds
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "fhir/tree_scan.h"

#define LEN 48

static const char *
slow_text(const char *p, const char *end)
{
	while (p < end && !((unsigned char)*p < 0x20 || (*p & 0x80) ||
			      *p == '"' || *p == '\\'))
		p++;
	return p;
}

static const char *
slow_space(const char *p, const char *end)
{
	while (p < end && memchr(" \t\r\n", *p, 4))
		p++;
	return p;
}

typedef const char *scanner(const char *p, const char *end);

/* Each byte at each place, from each start, up to each end, in a block of
 * exactly that size. */
static void
compare(char filler, scanner *slow, scanner *fast)
{
	unsigned byte;
	size_t len, at;

	for (len = 0; len <= LEN; len++) {
		char *text = malloc(len + !len), *end = text + len;

		memset(text, filler, len + !len);
		assert_ptr_equal(fast(text, end), end);
		for (at = 0; at < len; at++) {
			for (byte = 0; byte < 256; byte++) {
				text[at] = (char)byte;
				assert_ptr_equal(
				    fast(text, end), slow(text, end));
				assert_ptr_equal(
				    fast(text + at, end), slow(text + at, end));
			}
			text[at] = filler;
		}
		free(text);
	}
}

static void
the_end_of_plain_text_is_found_whatever_the_width(void **state)
{
	(void)state;
	compare('a', slow_text, scan_text);
	compare('a', slow_text, scan_text_words);
	compare('~', slow_text, scan_text_words);
	compare(' ', slow_text, scan_text_words);
	compare('!', slow_text, scan_text);
	compare('#', slow_text, scan_text_words);
}

static void
the_end_of_blanks_is_found(void **state)
{
	(void)state;
	compare(' ', slow_space, scan_space);
	compare('\n', slow_space, scan_space);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_end_of_plain_text_is_found_whatever_the_width),
		cmocka_unit_test(the_end_of_blanks_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
