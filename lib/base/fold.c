/* fold.c - text as a search sees it: no case, no accents
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/fold.h"

#include <string.h>

/* Two characters per letter: what it folds to, blank-padded; ".." stays.
 * From the canonical decompositions of Unicode 14 without their marks, and by
 * custom for letters that have none (ss, ae, o, d, l, i). */
/* clang-format off */
static const char latin[] = /* U+00C0 to U+024F */
	"a a a a a a aec e e e e i i i i "
	"d n o o o o o ..o u u u u y thss"
	"a a a a a a aec e e e e i i i i "
	"d n o o o o o ..o u u u u y thy "
	"a a a a a a c c c c c c c c d d "
	"d d e e e e e e e e e e g g g g "
	"g g g g h h h h i i i i i i i i "
	"i i ijijj j k k k l l l l l l l "
	"l l l n n n n n n n n n o o o o "
	"o o oeoer r r r r r s s s s s s "
	"s s t t t t t t u u u u u u u u "
	"u u u u w w y y y z z z z z z s "
	"b b ..........c c d d .........."
	"..f f g ......i k k l ....n n o "
	"o o ....p p ..........t t t t u "
	"u ..v y y z z .................."
	"........dzdzdzljljljnjnjnja a i "
	"i o o u u u u u u u u u u ..a a "
	"a a aeaeg g g g k k o o o o ...."
	"j dzdzdzg g ....n n a a aeaeo o "
	"a a a a e e e e i i i i o o o o "
	"r r r r u u u u s s t t ....h h "
	"n d ....z z a a e e o o o o o o "
	"o o y y l n t j dbqpa c c l t s "
	"z ....b u ..e e j j q q r r y y ";
static const char latin_more[] = /* U+1E00 to U+1EFF */
	"a a b b b b b b c c d d d d d d "
	"d d d d e e e e e e e e e e f f "
	"g g h h h h h h h h h h i i i i "
	"k k k k k k l l l l l l l l m m "
	"m m m m n n n n n n n n o o o o "
	"o o o o p p p p r r r r r r r r "
	"s s s s s s s s s s t t t t t t "
	"t t u u u u u u u u u u v v v v "
	"w w w w w w w w w w x x x x y y "
	"z z z z z z h t w y a s s s ss.."
	"a a a a a a a a a a a a a a a a "
	"a a a a a a a a e e e e e e e e "
	"e e e e e e e e i i i i o o o o "
	"o o o o o o o o o o o o o o o o "
	"o o o o u u u u u u u u u u u u "
	"u u y y y y y y y y llllv v y y ";

/* Greek and Cyrillic letters that carry a mark, and the one without it. */
static const struct {
	unsigned from, to;
} marked[] = {
	{ 0x386, 0x3b1 }, { 0x388, 0x3b5 }, { 0x389, 0x3b7 }, { 0x38a, 0x3b9 },
	{ 0x38c, 0x3bf }, { 0x38e, 0x3c5 }, { 0x38f, 0x3c9 }, { 0x390, 0x3b9 },
	{ 0x3aa, 0x3b9 }, { 0x3ab, 0x3c5 }, { 0x3ac, 0x3b1 }, { 0x3ad, 0x3b5 },
	{ 0x3ae, 0x3b7 }, { 0x3af, 0x3b9 }, { 0x3b0, 0x3c5 }, { 0x3c2, 0x3c3 },
	{ 0x3ca, 0x3b9 }, { 0x3cb, 0x3c5 }, { 0x3cc, 0x3bf }, { 0x3cd, 0x3c5 },
	{ 0x3ce, 0x3c9 }, { 0x400, 0x435 }, { 0x401, 0x435 }, { 0x403, 0x433 },
	{ 0x407, 0x456 }, { 0x40c, 0x43a }, { 0x40d, 0x438 }, { 0x40e, 0x443 },
	{ 0x419, 0x438 }, { 0x439, 0x438 }, { 0x450, 0x435 }, { 0x451, 0x435 },
	{ 0x453, 0x433 }, { 0x457, 0x456 }, { 0x45c, 0x43a }, { 0x45d, 0x438 },
	{ 0x45e, 0x443 },
};
/* clang-format on */

/* The letter at p, which utf8_step has found to be 2 or 3 bytes long. */
static unsigned
letter_at(const unsigned char *p, size_t step)
{
	if (step == 2)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

/* Greek and Cyrillic: without mark, in lower case. */
static unsigned
lower_letter(unsigned c)
{
	size_t i;

	for (i = 0; i < COUNT(marked); i++)
		if (marked[i].from == c)
			return marked[i].to;
	if ((c >= 0x391 && c <= 0x3a9 && c != 0x3a2) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40f)
		return c + 0x50;
	return c == 0x490 ? 0x491 : c;
}

static const char *
latin_cell(unsigned c)
{
	const char *cell = NULL;

	if (c >= 0xc0 && c <= 0x24f)
		cell = latin + (size_t)(c - 0xc0) * 2;
	else if (c >= 0x1e00 && c <= 0x1eff)
		cell = latin_more + (size_t)(c - 0x1e00) * 2;
	return cell && *cell != '.' ? cell : NULL;
}

/* Writes one folded letter of two or three bytes; returns the bytes used. */
static size_t
fold_letter(char *to, const char *p, size_t step)
{
	unsigned c = letter_at((const unsigned char *)p, step);
	const char *cell = latin_cell(c);

	if (cell) {
		memcpy(to, cell, 2);
		return cell[1] == ' ' ? 1 : 2;
	}
	if (c >= 0x300 && c <= 0x36f)
		return 0; /* combining mark */
	if (c < 0x370 || c > 0x4ff) {
		memcpy(to, p, step);
		return step;
	}
	c = lower_letter(c);
	to[0] = (char)(0xc0 | c >> 6);
	to[1] = (char)(0x80 | (c & 0x3f));
	return 2;
}

struct str
fold_text(struct arena *a, struct str s)
{
	char *to = s.at ? arena_raw(a, s.len + 1) : NULL;
	size_t i, step, n = 0;

	for (i = 0; i < s.len; i += step) {
		char c = s.at[i];

		step = utf8_step(s.at + i, s.len - i);
		if (step == 2 || step == 3) {
			n += fold_letter(to + n, s.at + i, step);
			continue;
		}
		if (!step)
			step = 1;
		memcpy(to + n, s.at + i, step);
		if (c >= 'A' && c <= 'Z')
			to[n] = (char)(c + ('a' - 'A'));
		n += step;
	}
	return (struct str){ to, n };
}
