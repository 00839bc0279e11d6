/* otp.c - one-time codes from a phone, and the picture that brings the key there
 * SPDX-License-Identifier: Apache-2.0 */
#include "ext/otp.h"

#include <liboath/oath.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "ext/crypt.h"

#define DIGITS      6
#define QUIET       4 /* modules around the square, ISO/IEC 18004 */
#define PATH_BYTES  ((size_t)256 * 1024)
#define ADDRESS_MAX ((size_t)2048)

bool
otp_start(struct err *e)
{
	return oath_init() == OATH_OK ||
	       err_why(e, ERR_BROKEN, "liboath does not start");
}

static bool
code_at(const unsigned char *key, uint64_t step, char code[DIGITS + 1])
{
	return oath_hotp_generate((const char *)key, OTP_KEY_BYTES, step,
		   DIGITS, false, OATH_HOTP_DYNAMIC_TRUNCATION,
		   code) == OATH_OK;
}

int64_t
otp_step(const unsigned char key[OTP_KEY_BYTES], struct str code, int64_t now_s)
{
	int64_t first = now_s / OTP_STEP_S - OTP_AHEAD, found = -1;
	char made[DIGITS + 1];
	int i;

	if (code.len != DIGITS)
		return -1;
	for (i = 0; i <= 2 * OTP_AHEAD; i++)
		if (first + i >= 0 &&
		    code_at(key, (uint64_t)(first + i), made) &&
		    crypt_same(made, code.at, DIGITS))
			found = first + i;
	crypt_wipe(made, sizeof made);
	return found;
}

void
otp_code(const unsigned char key[OTP_KEY_BYTES], int64_t now_s, char code[7])
{
	if (!code_at(key, (uint64_t)(now_s / OTP_STEP_S), code))
		code[0] = 0;
}

const char *
otp_key_text(struct arena *a, const unsigned char key[OTP_KEY_BYTES])
{
	char *text = NULL;
	const char *kept;
	size_t n = 0;

	if (oath_base32_encode((const char *)key, OTP_KEY_BYTES, &text, &n) !=
	    OATH_OK)
		return "";
	kept = arena_dup(a, text, n);
	crypt_wipe(text, n);
	free(text);
	return kept;
}

const char *
otp_uri(struct arena *a, const unsigned char key[OTP_KEY_BYTES],
    struct str issuer, struct str account)
{
	struct buf b = buf_new(a, ADDRESS_MAX);
	char *text;

	buf_str(&b, "otpauth://totp/");
	enc_percent(&b, issuer);
	buf_char(&b, ':');
	enc_percent(&b, account);
	buf_fmt(&b, "?secret=%s&issuer=", otp_key_text(a, key));
	enc_percent(&b, issuer);
	buf_str(&b, "&algorithm=SHA1&digits=6&period=30");
	text = buf_text(&b);
	return text ? text : "";
}

/* A run of dark modules in a row is one bar. */
static void
draw_row(struct buf *b, const unsigned char *row, int width, int y)
{
	int x = 0, from;

	while (x < width) {
		if (!(row[x] & 1)) {
			x++;
			continue;
		}
		for (from = x; x < width && (row[x] & 1); x++)
			;
		buf_fmt(b, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET,
		    x - from, x - from);
	}
}

const char *
otp_square(struct arena *a, const char *text, unsigned *modules)
{
	QRcode *q = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
	struct buf b = buf_new(a, PATH_BYTES);
	int y;

	if (!q)
		return NULL;
	for (y = 0; y < q->width; y++)
		draw_row(
		    &b, q->data + (size_t)y * (size_t)q->width, q->width, y);
	*modules = (unsigned)q->width + 2 * QUIET;
	QRcode_free(q);
	return buf_text(&b);
}
