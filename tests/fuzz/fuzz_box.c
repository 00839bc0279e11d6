/* fuzz_box.c - box_read and box_open on texts of any shape; one of them opens
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "ext/box.h"

/* Closed about "about this" for the private key of the bytes 1 to 32. */
#define TEXT                                                                   \
	"wgbox1.ZS36mmtvLWivPXvvLThjDu60Oerv9rlIeCH64zMjiu8."                  \
	"9tIxB2AcQ3D_Dr3meM_orA_ResuJAJ7q8E_-je7mCEtEeDybGYhxUkywjhTsyO"       \
	"nyJ7zrFWwaCGVLaOjvTpJKwXDz4_3lpw"
#define SAYS "opened by another hand"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	unsigned char private[CRYPT_X25519_BYTES], got[BOX_SECRET_MAX];
	char kid[BOX_KID_LEN + 1];
	bool read = box_read(text, kid), opened;
	size_t i, n = 0;

	for (i = 0; i < sizeof private; i++)
	private[i] = (unsigned char)(i + 1);
	opened = box_open(private, STR("about this"), text, got, &n);
	must(opened == str_is(text, TEXT));
	must(!opened || (read && n == strlen(SAYS) && !memcmp(got, SAYS, n)));
	if (read)
		must(strlen(kid) == BOX_KID_LEN && size <= BOX_TEXT_MAX &&
		     !memcmp(kid, data + sizeof BOX_MARK, BOX_KID_LEN));
	return 0;
}
