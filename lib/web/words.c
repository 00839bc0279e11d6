/* words.c - what people read, in their language
 * SPDX-License-Identifier: Apache-2.0 */
#include "web/words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define MO_MAGIC     0x950412deu
#define MO_BYTES_MAX ((size_t)1024 * 1024)
#define WISHES_MAX   32 /* ranges of an Accept-Language field that are read */

/* A catalogue: n pairs of (length, offset), sorted by the English text. */
struct catalogue {
	const char *at;
	size_t len;
	uint32_t n, ids, texts; /* offsets of the two tables */
};

/* How a language counts: which form, of those that its catalogues hold, goes
 * with n. The expressions are those of the catalogues' Plural-Forms. */
static unsigned
one_other(uint64_t n)
{
	return n != 1;
}

static unsigned
zero_one_other(uint64_t n)
{
	return n > 1;
}

static unsigned
slavic(uint64_t n)
{
	if (n % 10 == 1 && n % 100 != 11)
		return 0;
	return n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1
	                                                                    : 2;
}

static unsigned
uncounted(uint64_t n)
{
	(void)n;
	return 0;
}

static const struct language {
	const char *tag, *name;
	unsigned (*form)(uint64_t n);
	const char *group; /* between thousands */
	unsigned least;    /* numbers from which on they are grouped */
} languages[WORDS__MAX] = {
	[WORDS_EN] = { "en", "English", one_other, ",", 1000 },
	[WORDS_IT] = { "it", "Italiano", one_other, ".", 10000 },
	[WORDS_RU] = { "ru",
	    "\xd0\xa0\xd1\x83\xd1\x81\xd1\x81\xd0\xba\xd0\xb8"
	    "\xd0\xb9",
	    slavic, "\xc2\xa0", 1000 },
	[WORDS_PT_BR] = { "pt-BR", "Portugu\xc3\xaas", zero_one_other, ".",
	    1000 },
	[WORDS_ZH_HANS] = { "zh-Hans", "\xe4\xb8\xad\xe6\x96\x87", uncounted,
	    ",", 1000 },
};

static struct catalogue catalogues[WORDS__MAX];

/* ---- catalogues ---------------------------------------------------------------- */

static uint32_t
number_at(const struct catalogue *c, size_t at)
{
	uint32_t n;

	memcpy(&n, c->at + at, sizeof n);
	return n;
}

/* The i-th text of a table; absent when the file lies about its size. */
static struct str
text_at(const struct catalogue *c, uint32_t table, uint32_t i)
{
	size_t row = (size_t)table + (size_t)i * 8;
	uint32_t len, at;

	if (row + 8 > c->len)
		return STR_NONE;
	len = number_at(c, row);
	at = number_at(c, row + 4);
	if (at > c->len || len > c->len - at)
		return STR_NONE;
	return (struct str){ c->at + at, len };
}

static bool
catalogue_sound(const struct catalogue *c)
{
	uint32_t i;

	for (i = 0; i < c->n; i++)
		if (!text_at(c, c->ids, i).at || !text_at(c, c->texts, i).at)
			return false;
	return true;
}

static bool
catalogue_read(struct catalogue *c, struct arena *a, FILE *file)
{
	char *at = arena_raw(a, MO_BYTES_MAX);

	c->len = fread(at, 1, MO_BYTES_MAX, file);
	c->at = at;
	if (c->len < 20 || c->len == MO_BYTES_MAX ||
	    number_at(c, 0) != MO_MAGIC)
		return false;
	c->n = number_at(c, 8);
	c->ids = number_at(c, 12);
	c->texts = number_at(c, 16);
	return catalogue_sound(c);
}

static bool
catalogue_open(
    struct arena *a, const char *dir, enum words_lang lang, struct err *e)
{
	const char *path =
	    arena_printf(a, "%s/%s.mo", dir, languages[lang].tag);
	FILE *file = fopen(path, "re");
	bool fine;

	if (!file)
		return err_set(e, ERR_CONF, "%s cannot be read: %s.", path,
		    strerror(errno));
	fine = catalogue_read(&catalogues[lang], a, file);
	fclose(file);
	return fine ||
	       err_set(e, ERR_CONF, "%s is not a catalogue of words.", path);
}

bool
words_start(struct arena *a, const char *dir, struct err *e)
{
	enum words_lang lang;

	for (lang = WORDS_EN + 1; lang < WORDS__MAX; lang++)
		if (!catalogue_open(a, dir, lang, e))
			return false;
	return true;
}

/* Up to the first NUL: behind it a catalogue keeps the plural. */
static int
compare(struct str wanted, struct str id)
{
	size_t len = strnlen(id.at, id.len);
	size_t least = len < wanted.len ? len : wanted.len;
	int sign = memcmp(wanted.at, id.at, least);

	return sign ? sign : (wanted.len > len) - (wanted.len < len);
}

static struct str
find(enum words_lang lang, struct str english)
{
	const struct catalogue *c = &catalogues[lang];
	uint32_t low = 0, high = c->n, middle;
	int sign;

	while (low < high) {
		middle = low + (high - low) / 2;
		sign = compare(english, text_at(c, c->ids, middle));
		if (!sign)
			return text_at(c, c->texts, middle);
		if (sign < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return STR_NONE;
}

struct str
words_of(enum words_lang lang, struct str english)
{
	struct str found = find(lang, english);

	return found.len ? found : english;
}

struct str
words_count(enum words_lang lang, struct str one, struct str other, int64_t n)
{
	uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	struct str rest = find(lang, one), form;
	unsigned wanted = languages[lang].form(size), i;

	if (!rest.len)
		return one_other(size) ? other : one;
	for (i = 0; rest.at; i++) {
		form = str_cut(rest, '\0', &rest);
		if (i == wanted)
			return form;
	}
	return other;
}

/* ---- sentences with values -------------------------------------------------------- */

#define HOLES      8
#define SAID_BYTES ((size_t)16 * 1024)

static struct str
after(struct str s, size_t n)
{
	return (struct str){ s.at + n, s.len - n };
}

static bool
begins(struct str s, struct str with)
{
	return s.len >= with.len && !memcmp(s.at, with.at, with.len);
}

/* Number of the first hole of a form; 0: none. before: what stands in front of it,
 * or all; form receives what stands behind. */
static unsigned
hole(struct str *form, struct str *before)
{
	struct str s = *form;
	size_t i;

	for (i = 0; i + 3 <= s.len; i++) {
		if (s.at[i] != '{' || s.at[i + 1] < '1' ||
		    s.at[i + 1] > '0' + HOLES || s.at[i + 2] != '}')
			continue;
		*before = (struct str){ s.at, i };
		*form = after(s, i + 3);
		return (unsigned)(s.at[i + 1] - '0');
	}
	*before = s;
	*form = after(s, s.len);
	return 0;
}

/* How long the value is that said begins with, when `then` follows it; `last`: and
 * nothing else. said.len + 1: there is none. */
static size_t
value_len(struct str said, struct str then, bool last)
{
	bool quoted = said.len && said.at[0] == '"';
	size_t n;

	for (n = quoted ? 2 : 0; n <= said.len; n++)
		if ((!quoted || said.at[n - 1] == '"') &&
		    begins(after(said, n), then) &&
		    (!last || n + then.len == said.len))
			return n;
	return said.len + 1;
}

/* Has the sentence this form? value receives what stands in its holes. */
static bool
has_form(struct str said, struct str form, struct str value[HOLES])
{
	struct str literal;
	unsigned n = hole(&form, &literal), next;
	size_t len;

	if (!n || !begins(said, literal))
		return false;
	for (said = after(said, literal.len); n; n = next) {
		next = hole(&form, &literal);
		len = value_len(said, literal, !next);
		if (len > said.len)
			return false;
		value[n - 1] = (struct str){ said.at, len };
		said = after(said, len + literal.len);
	}
	return true;
}

static struct str
filled(struct arena *a, enum words_lang lang, struct str form,
    const struct str value[HOLES])
{
	struct buf b = buf_new(a, SAID_BYTES);
	struct str literal, said;
	unsigned n;

	do {
		n = hole(&form, &literal);
		buf_put(&b, literal.at, literal.len);
		if (!n)
			break;
		said = words_said(a, lang, value[n - 1]);
		buf_put(&b, said.at, said.len);
	} while (true);
	return (struct str){ buf_text(&b), b.len };
}

struct str
words_said(struct arena *a, enum words_lang lang, struct str english)
{
	const struct catalogue *c = &catalogues[lang];
	struct str exact = find(lang, english), id;
	uint32_t i;

	if (!english.len || exact.len)
		return english.len ? exact : english;
	for (i = 0; i < c->n; i++) {
		struct str value[HOLES] = { STR_NONE };

		id = text_at(c, c->ids, i);
		if (has_form(english, id, value))
			return filled(a, lang, text_at(c, c->texts, i), value);
	}
	return english;
}

/* ---- languages ----------------------------------------------------------------- */

const char *
words_tag(enum words_lang lang)
{
	return languages[lang].tag;
}

const char *
words_name(enum words_lang lang)
{
	return languages[lang].name;
}

enum words_lang
words_lang_of(struct str tag)
{
	enum words_lang lang;

	for (lang = 0; lang < WORDS__MAX; lang++)
		if (str_is_nocase(tag, languages[lang].tag))
			break;
	return lang;
}

static const char primaries[WORDS__MAX][3] = { "en", "it", "ru", "pt", "zh" };

/* zh-CN, zh-Hans-CN and zh are all zh-Hans here; pt and pt-PT are pt-BR. */
static enum words_lang
nearest(struct str range)
{
	struct str rest, first = str_cut(range, '-', &rest);
	enum words_lang lang;

	for (lang = 0; lang < WORDS__MAX; lang++)
		if (first.len == 2 && str_starts_nocase(first, primaries[lang]))
			break;
	return lang;
}

/* In thousandths; what cannot be read counts as not wanted. */
static int
quality(struct str params)
{
	struct str q = str_trim(params, " \t"), part;
	int weight, unit = 100;

	if (!q.len)
		return 1000;
	if (!str_starts_nocase(q, "q=") || q.len < 3 || q.len > 7)
		return 0;
	part = (struct str){ q.at + 3, q.len - 3 };
	if (q.at[2] == '1')
		return 1000;
	if (q.at[2] != '0' || (part.len && part.at[0] != '.'))
		return 0;
	for (weight = 0; part.len > 1 && unit; unit /= 10) {
		part = (struct str){ part.at + 1, part.len - 1 };
		if (part.at[0] < '0' || part.at[0] > '9')
			return 0;
		weight += (part.at[0] - '0') * unit;
	}
	return weight;
}

enum words_lang
words_accepted(struct str accept_language)
{
	enum words_lang best = WORDS_EN, lang;
	struct str range, params;
	int weight, most = 0, i;

	for (i = 0; accept_language.at && i < WISHES_MAX; i++) {
		range = str_cut(accept_language, ',', &accept_language);
		range = str_trim(str_cut(range, ';', &params), " \t");
		lang = nearest(range);
		weight = quality(params);
		if (lang < WORDS__MAX && weight > most) {
			best = lang;
			most = weight;
		}
	}
	return best;
}

const char *
words_number(struct arena *a, enum words_lang lang, int64_t n)
{
	const struct language *l = &languages[lang];
	uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	const char *digits = arena_printf(a, "%llu", (unsigned long long)size);
	size_t len = strlen(digits), i;
	struct buf b = buf_new(a, 64);

	if (n < 0)
		buf_str(&b, "\xe2\x88\x92");
	for (i = 0; i < len; i++) {
		if (i && size >= l->least && (len - i) % 3 == 0)
			buf_str(&b, l->group);
		buf_char(&b, digits[i]);
	}
	return buf_text(&b);
}
