/* enc.c - base64url, base64, hex, percent-encoding, GUIDs
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/enc.h"

#include <string.h>

static const char url64[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hexes[] = "0123456789abcdef";

size_t
enc_b64url(char *to, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	char *start = to;
	unsigned long v;
	size_t i;

	for (i = 0; i + 2 < n; i += 3) {
		v = (unsigned long)p[i] << 16 | (unsigned long)p[i + 1] << 8 |
		    p[i + 2];
		*to++ = url64[v >> 18];
		*to++ = url64[v >> 12 & 63];
		*to++ = url64[v >> 6 & 63];
		*to++ = url64[v & 63];
	}
	if (n - i == 1) {
		*to++ = url64[p[i] >> 2];
		*to++ = url64[(p[i] & 3) << 4];
	} else if (n - i == 2) {
		*to++ = url64[p[i] >> 2];
		*to++ = url64[(p[i] & 3) << 4 | p[i + 1] >> 4];
		*to++ = url64[(p[i + 1] & 15) << 2];
	}
	return (size_t)(to - start);
}

size_t
enc_b64(char *to, const void *bytes, size_t n)
{
	size_t i, len = enc_b64url(to, bytes, n);

	for (i = 0; i < len; i++)
		to[i] = to[i] == '-' ? '+' : to[i] == '_' ? '/' : to[i];
	while (len % 4)
		to[len++] = '=';
	return len;
}

static int
value64(char c, char c62, char c63)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == c62 ? 62 : c == c63 ? 63 : -1;
}

static bool
decode64(void *bytes, size_t *n, struct str text, char c62, char c63)
{
	unsigned char *to = bytes;
	size_t i, room = *n, len = 0;
	unsigned acc = 0, bits = 0;
	int v;

	if (text.len % 4 == 1)
		return false;
	for (i = 0; i < text.len; i++) {
		if ((v = value64(text.at[i], c62, c63)) < 0)
			return false;
		acc = acc << 6 | (unsigned)v;
		bits += 6;
		if (bits < 8)
			continue;
		if (len == room)
			return false;
		bits -= 8;
		to[len++] = (unsigned char)(acc >> bits);
		acc &= (1u << bits) - 1;
	}
	*n = len;
	return !acc; /* bits past the last byte are zero */
}

bool
dec_b64url(void *to, size_t *n, struct str text)
{
	return decode64(to, n, text, '-', '_');
}

bool
dec_b64(void *to, size_t *n, struct str text)
{
	size_t pad = 0;

	if (text.len % 4)
		return false;
	while (pad < 2 && text.len && text.at[text.len - 1] == '=') {
		text.len--;
		pad++;
	}
	return decode64(to, n, text, '+', '/');
}

void
enc_hex(char *to, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < n; i++) {
		*to++ = hexes[p[i] >> 4];
		*to++ = hexes[p[i] & 15];
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
hex_pair(const char *p, unsigned char *byte)
{
	int hi = hex_value(p[0]), lo = hex_value(p[1]);

	*byte = (unsigned char)((unsigned)hi << 4 | (unsigned)lo);
	return hi >= 0 && lo >= 0;
}

bool
dec_hex(void *bytes, size_t n, struct str text)
{
	unsigned char *to = bytes;
	size_t i;

	if (text.len != n * 2)
		return false;
	for (i = 0; i < n; i++)
		if (!hex_pair(text.at + i * 2, to + i))
			return false;
	return true;
}

static bool
unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
enc_percent(struct buf *b, struct str s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (unreserved(s.at[i]))
			buf_char(b, s.at[i]);
		else
			buf_fmt(b, "%%%02X", (unsigned char)s.at[i]);
	}
}

bool
dec_percent(struct arena *a, struct str s, bool plus, struct str *out)
{
	char *p = arena_raw(a, s.len + 1);
	size_t i, n = 0;
	unsigned char byte;

	for (i = 0; i < s.len; i++) {
		if (s.at[i] == '%') {
			if (s.len - i < 3 || !hex_pair(s.at + i + 1, &byte) ||
			    !byte)
				return false;
			p[n++] = (char)byte;
			i += 2;
		} else if (!s.at[i]) {
			return false;
		} else {
			p[n++] = plus && s.at[i] == '+' ? ' ' : s.at[i];
		}
	}
	p[n] = '\0';
	*out = (struct str){ p, n };
	return utf8_valid(*out);
}

bool
guid_read(struct guid *g, struct str text)
{
	static const unsigned char at[16] = { 0, 2, 4, 6, 9, 11, 14, 16, 19, 21,
		24, 26, 28, 30, 32, 34 };
	size_t i;

	if (text.len != GUID_LEN || text.at[8] != '-' || text.at[13] != '-' ||
	    text.at[18] != '-' || text.at[23] != '-')
		return false;
	for (i = 0; i < 16; i++)
		if (!hex_pair(text.at + at[i], g->at + i))
			return false;
	return true;
}

char *
guid_write(char to[GUID_LEN + 1], const struct guid *g)
{
	char *p = to;
	size_t i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		enc_hex(p, g->at + i, 1);
		p += 2;
	}
	*p = '\0';
	return to;
}

bool
guid_eq(const struct guid *a, const struct guid *b)
{
	return !memcmp(a->at, b->at, sizeof a->at);
}

bool
guid_usable(const struct guid *g)
{
	unsigned char all = 0xff, any = 0;
	size_t i;

	for (i = 0; i < sizeof g->at; i++) {
		all &= g->at[i];
		any |= g->at[i];
	}
	return any && all != 0xff;
}
