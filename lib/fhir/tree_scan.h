/* tree_scan.h - the inner loops of the reader: blanks, strings, numbers
 * SPDX-License-Identifier: Apache-2.0
 *
 * Inline, because each runs once or more per value. All take the first byte
 * to look at and the end of the text, and never read at or past the end. */
#ifndef FHIR_TREE_SCAN_H
#define FHIR_TREE_SCAN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Inside a string: does this byte need a look (RFC 8259 7)? */
static inline bool
scan_odd(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x20 || u >= 0x80 || u == '"' || u == '\\';
}

/* scan_text_words - the first byte that needs a look, or the end; eight bytes
 * at a time (the subtractions borrow only out of a byte below the limit, so
 * the first byte found may be early, never late). */
static inline const char *
scan_text_words(const char *p, const char *end)
{
	const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
	uint64_t v, quote, back;

	while (end - p >= 8) {
		memcpy(&v, p, 8);
		quote = v ^ ones * '"';
		back = v ^ ones * '\\';
		if (((v - ones * 0x20) | (quote - ones) | (back - ones) | v) &
		    tops)
			break;
		p += 8;
	}
	while (p < end && !scan_odd(*p))
		p++;
	return p;
}

#ifdef __SSE2__
/* scan_text_sse2 - the same, sixteen bytes at a time. Compared as signed
 * numbers, bytes from 0x80 on are below 0x20 too. */
static inline const char *
scan_text_sse2(const char *p, const char *end)
{
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i back = _mm_set1_epi8('\\');
	const __m128i space = _mm_set1_epi8(' ');

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i odd = _mm_or_si128(_mm_cmplt_epi8(v, space),
		    _mm_or_si128(
			_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, back)));
		int at = _mm_movemask_epi8(odd);

		if (at)
			return p + __builtin_ctz((unsigned)at);
		p += 16;
	}
	return scan_text_words(p, end);
}
#define scan_text scan_text_sse2
#else
#define scan_text scan_text_words
#endif

static inline bool
scan_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* scan_space - behind the blanks (RFC 8259 2). Compact text has none; laid-out
 * text has a line end and then a run of spaces. */
static inline const char *
scan_space(const char *p, const char *end)
{
	if (p < end && (unsigned char)*p > ' ')
		return p;
#ifdef __SSE2__
	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i line =
		    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('\n')),
			_mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
		__m128i gap =
		    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(' ')),
			_mm_cmpeq_epi8(v, _mm_set1_epi8('\t')));
		int ink = _mm_movemask_epi8(_mm_or_si128(line, gap)) ^ 0xffff;

		if (ink)
			return p + __builtin_ctz((unsigned)ink);
		p += 16;
	}
#endif
	while (p < end && scan_blank(*p))
		p++;
	return p;
}

static inline const char *
scan_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* scan_number - a number of RFC 8259 6 at *p. *p moves behind it, or to the
 * byte that should have been a digit (false). */
static inline bool
scan_number(const char **p, const char *end)
{
	const char *q = *p, *from;

	if (q < end && *q == '-')
		q++;
	from = q;
	*p = q = q < end && *q == '0' ? q + 1 : scan_digits(q, end);
	if (q == from)
		return false;
	if (q < end && *q == '.') {
		from = q + 1;
		*p = q = scan_digits(from, end);
		if (q == from)
			return false;
	}
	if (q < end && (*q == 'e' || *q == 'E')) {
		q++;
		from = q < end && (*q == '+' || *q == '-') ? q + 1 : q;
		*p = q = scan_digits(from, end);
		return q != from;
	}
	return true;
}

#endif
