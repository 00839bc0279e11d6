/* enc.h - base64url, base64, hex, percent-encoding, GUIDs
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every reader here is strict: what it accepts has exactly one spelling
 * unless its comment says otherwise. */
#ifndef BASE_ENC_H
#define BASE_ENC_H

#include "base/buf.h"
#include "base/str.h"

/* Bytes that n bytes become; and room for what n characters hold at most. */
#define ENC_B64_LEN(n)  (((n)*4 + 2) / 3)
#define ENC_B64_ROOM(n) ((n) / 4 * 3 + 3)

/* enc_b64url - RFC 4648 5 without padding. Writes ENC_B64_LEN(n) characters
 * and no NUL; returns how many. */
size_t enc_b64url(char *to, const void *bytes, size_t n);

/* dec_b64url - canonical only: no padding, no foreign character, no bits set
 * past the last byte. *n: room before, bytes after. */
bool dec_b64url(void *to, size_t *n, struct str text);

/* enc_b64 - RFC 4648 4 with padding, for HTTP Basic: (n + 2) / 3 * 4 characters,
 * no NUL. Returns their number. */
size_t enc_b64(char *to, const void *bytes, size_t n);

/* dec_b64 - RFC 4648 4 with padding, canonical, for HTTP Basic. */
bool dec_b64(void *to, size_t *n, struct str text);

/* enc_hex - 2 n lower-case digits, no NUL. dec_hex - exactly n bytes. */
void enc_hex(char *to, const void *bytes, size_t n);
bool dec_hex(void *to, size_t n, struct str text);

/* enc_percent - RFC 3986 unreserved bytes stay, all others become %XX. */
void enc_percent(struct buf *b, struct str s);

/* dec_percent - %XX decoded; with plus set, + becomes a blank (form encoding,
 * WHATWG URL 5.1). The result is borrowed from a; false when a % is not
 * followed by two hex digits, or the result holds a NUL or is not UTF-8. */
bool dec_percent(struct arena *a, struct str s, bool plus, struct str *out);

/* A GUID as 16 bytes, in the order its text shows them. */
struct guid {
	unsigned char at[16];
};
#define GUID_LEN 36 /* characters */

/* guid_read - 8-4-4-4-12 hex digits of either case and nothing around them. */
bool guid_read(struct guid *g, struct str text);

/* guid_write - lower case, GUID_LEN characters and a NUL. Returns to. */
char *guid_write(char to[GUID_LEN + 1], const struct guid *g);

bool guid_eq(const struct guid *a, const struct guid *b);

/* guid_usable - neither all zeros nor all ones (RFC 9562 5.9, 5.10). */
bool guid_usable(const struct guid *g);

#endif
