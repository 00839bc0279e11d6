/* otp.h - one-time codes from a phone, and the picture that brings the key there
 * SPDX-License-Identifier: Apache-2.0
 *
 * The only door to liboath and libqrencode. TOTP as RFC 6238 with the values
 * that every authenticator app knows: HMAC-SHA-1, 30 seconds, six digits. */
#ifndef EXT_OTP_H
#define EXT_OTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#define OTP_KEY_BYTES 20 /* RFC 4226 4, R6 */
#define OTP_STEP_S    30
#define OTP_AHEAD     1 /* steps that the phone's clock may be off, each way */

/* otp_start - once, before threads start. false: ERR_BROKEN. */
bool otp_start(struct err *e);

/* otp_step - the step of the code that was shown: of those around now_s the one
 * whose code it is. A code is good once: refuse a step that is not higher than
 * the last one taken.
 *   code  six digits
 * Returns: -1 when it fits none. */
int64_t otp_step(
    const unsigned char key[OTP_KEY_BYTES], struct str code, int64_t now_s);

/* otp_code - the code of now_s, for tests and demos. */
void otp_code(
    const unsigned char key[OTP_KEY_BYTES], int64_t now_s, char code[7]);

/* otp_key_text - the key in base32 (RFC 4648 6), borrowed from a. */
const char *otp_key_text(
    struct arena *a, const unsigned char key[OTP_KEY_BYTES]);

/* otp_uri - what an authenticator app scans: otpauth://totp/ISSUER:ACCOUNT?...
 * Borrowed from a. */
const char *otp_uri(struct arena *a, const unsigned char key[OTP_KEY_BYTES],
    struct str issuer, struct str account);

/* otp_square - text as a QR code: the data of one SVG path over a square of
 * *modules units, quiet zone included. NULL: it is too long for one. */
const char *otp_square(struct arena *a, const char *text, unsigned *modules);

#endif
