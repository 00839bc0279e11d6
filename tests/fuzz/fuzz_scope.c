/* fuzz_scope.c - scopes of strangers, and the types of grants
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the scope up to the first line feed, then the types of a grant,
 * divided by blanks. What is taken is one tenant and words that only read; it
 * reads the same when it is written, and a grant takes nothing from it but
 * bits. */
#include <stdlib.h>
#include <string.h>

#include "gate/scope.h"

#define TYPES_MAX 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static bool
ends(struct str word, const char *with)
{
	size_t n = strlen(with);

	return word.len >= n && !memcmp(word.at + word.len - n, with, n);
}

/* Found here by other means than there: one GUID, and nothing that writes. */
static void
only_reads(struct str text)
{
	struct guid g;
	int tenants = 0;

	while (text.at) {
		struct str word = str_cut(text, ' ', &text);

		if (guid_read(&g, word)) {
			tenants++;
			continue;
		}
		must(str_starts(word, "system/"));
		must(ends(word, ".read") || ends(word, ".rs") ||
		     ends(word, ".r") || ends(word, ".s"));
		must(!memchr(word.at, '?', word.len));
	}
	must(tenants == 1);
}

static void
reads_again(struct arena *a, const struct scope *s, const struct guid *tenant)
{
	const char *text = scope_text(a, s, tenant);
	struct err e = { .kind = ERR_NONE };
	struct scope again;
	struct guid other;

	must(text && str_plain(str_of(text)));
	must(scope_read(&again, &other, str_of(text), &e));
	must(guid_eq(&other, tenant) && again.may == s->may &&
	     again.named == s->named);
	must(!strcmp(text, scope_text(a, &again, &other)));
}

static uint32_t
granted(struct str text)
{
	struct str types[TYPES_MAX];
	size_t n = 0;

	while (text.at && n < TYPES_MAX)
		types[n++] = str_cut(text, ' ', &text);
	return scope_granted(types, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str types,
	    text =
		str_cut((struct str){ (const char *)data, size }, '\n', &types);
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	struct scope s;
	struct guid tenant;
	uint32_t may = granted(types);

	must(!(may & ~SCOPE_ALL));
	if (scope_read(&s, &tenant, text, &e)) {
		must(!e.kind && s.may && !(s.may & ~SCOPE_ALL));
		must(s.named || s.may == SCOPE_ALL);
		only_reads(text);
		reads_again(a, &s, &tenant);
		s.may &= may; /* as the token endpoint does, if any is left */
		if (s.named && s.may)
			reads_again(a, &s, &tenant);
	} else {
		must(e.kind == ERR_SCOPE_MALFORMED ||
		     e.kind == ERR_SCOPE_REFUSED);
	}
	arena_free(a);
	return 0;
}
