/* name.c - small numbers for the element names that FHIR defines
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/name.h"

#include <string.h>

#define NAME_TEXT(n) { #n, sizeof #n - 1 },
static const struct str texts[NAME__MAX] = { { NULL, 0 },
	NAME_LIST(NAME_TEXT) };
#undef NAME_TEXT

/* The first and the last eight bytes of a name (they overlap in a short one);
 * with its length they say all about a name of up to sixteen. */
struct key {
	uint64_t first, last;
};

#define SLOTS 4096u /* a power of two, over three times the names */

/* Filled once, before main, and only read after that. */
static struct slot {
	struct key key;
	uint16_t id; /* NAME_NONE: free */
	uint16_t len;
} slots[SLOTS];

static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

static inline struct key
key_of(struct str s)
{
	const char *p = s.at;
	size_t n = s.len;

	if (n >= 8)
		return (struct key){ load(p, 8), load(p + n - 8, 8) };
	if (n >= 4)
		return (struct key){ load(p, 4), load(p + n - 4, 4) };
	if (!n)
		return (struct key){ 0, 0 };
	return (struct key){ (unsigned char)p[0],
		(uint64_t)(unsigned char)p[n / 2] << 8 |
		    (unsigned char)p[n - 1] };
}

static inline unsigned
slot_of(struct key k, size_t n)
{
	uint64_t h = (k.first ^ k.last * 0x9e3779b97f4a7c15u) + n;

	return (unsigned)(h * 0xd6e8feb86659fd93u >> 52);
}

_Static_assert(SLOTS == 1u << (64 - 52), "slot_of takes that many bits");

__attribute__((constructor(1000))) static void
fill(void)
{
	unsigned id, i;

	for (id = 1; id < NAME__MAX; id++) {
		struct key k = key_of(texts[id]);

		i = slot_of(k, texts[id].len);
		while (slots[i].id)
			i = (i + 1) % SLOTS;
		slots[i] =
		    (struct slot){ k, (uint16_t)id, (uint16_t)texts[id].len };
	}
}

enum name
name_find(struct str text)
{
	struct key k = key_of(text);
	unsigned i = slot_of(k, text.len);

	for (; slots[i].id; i = (i + 1) % SLOTS)
		if (slots[i].key.first == k.first &&
		    slots[i].key.last == k.last && slots[i].len == text.len &&
		    (text.len <= 16 || str_eq(texts[slots[i].id], text)))
			return slots[i].id;
	return NAME_NONE;
}

struct str
name_text(enum name n)
{
	return n < NAME__MAX ? texts[n] : STR_NONE;
}
