/* tree_repeat.c - a member name that comes twice in a wide object
 * SPDX-License-Identifier: Apache-2.0 */
#include "fhir/tree_repeat.h"

#include <string.h>
#include <sys/auxv.h>

struct sip {
	uint64_t a, b, c, d;
};

static inline uint64_t
turned(uint64_t v, unsigned by)
{
	return v << by | v >> (64 - by);
}

static inline void
sip_round(struct sip *s)
{
	s->a += s->b;
	s->b = turned(s->b, 13) ^ s->a;
	s->a = turned(s->a, 32);
	s->c += s->d;
	s->d = turned(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = turned(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = turned(s->b, 17) ^ s->c;
	s->c = turned(s->c, 32);
}

static inline void
sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

/* SipHash-1-3 (Aumasson, Bernstein 2012): one round a word, three at the end.
 * Who does not know the key cannot choose names that collide. */
static uint64_t
sip_hash(const uint64_t key[2], struct str text)
{
	struct sip s = { key[0] ^ 0x736f6d6570736575u,
		key[1] ^ 0x646f72616e646f6du, key[0] ^ 0x6c7967656e657261u,
		key[1] ^ 0x7465646279746573u };
	uint64_t word, tail = (uint64_t)text.len << 56;
	size_t i;

	for (i = 0; text.len - i >= 8; i += 8) {
		memcpy(&word, text.at + i, 8);
		sip_word(&s, word);
	}
	word = 0;
	memcpy(&word, text.at + i, text.len - i);
	sip_word(&s, word | tail);
	s.c ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

/* Sixteen bytes that the kernel drew for this process (getauxval(3)). */
static void
key_get(uint64_t key[2])
{
	const void *drawn = (const void *)getauxval(AT_RANDOM);

	memset(key, 0, 16);
	if (drawn)
		memcpy(key, drawn, 16);
}

/* The set: a power of two of places, at most two thirds taken. */
static const struct tree_node *
look(const struct tree_node **set, size_t places, const struct tree_node *obj)
{
	const struct tree_node *c;
	uint64_t key[2];
	size_t i;

	key_get(key);
	tree_each(c, obj)
	{
		struct str name = tree_name(c);

		i = sip_hash(key, name) & (places - 1);
		for (; set[i]; i = (i + 1) & (places - 1))
			if (str_eq(tree_name(set[i]), name))
				return c;
		set[i] = c;
	}
	return NULL;
}

const struct tree_node *
tree_repeat(const struct tree_node *obj, size_t n)
{
	struct arena *a = arena_new(); /* given back at once */
	const struct tree_node *found;
	size_t places = 64;

	while (places < n + n / 2)
		places *= 2;
	found = look(
	    arena_get(a, places * sizeof(struct tree_node *)), places, obj);
	arena_free(a);
	return found;
}
