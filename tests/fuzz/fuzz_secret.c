/* fuzz_secret.c - secrets of any shape, against a stored one
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "gate/secret.h"

/* Under a pepper of the bytes 0 to 31. */
#define TEXT "wg1_abcdefgh_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh846N-Up"
#define HASH "b3e85ec193c845ac7412face0e9b88e1e4454509c2b1cf2e8c8b26db259ed042"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct secret_peppers *peppers;
static struct secret row = {
	.key_id = "abcdefgh", .pepper = 1, .end_s = INT64_MAX
};

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
make_peppers(void)
{
	char dir[] = "/tmp/wardgate-fuzz-XXXXXX", path[200];
	struct err e = { 0 };
	FILE *f;

	must(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/1", dir);
	must((f = fopen(path, "w")) != NULL);
	fputs("000102030405060708090a0b0c0d0e0f"
	      "101112131415161718191a1b1c1d1e1f\n",
	    f);
	fclose(f);
	must(!chmod(path, 0600));
	peppers = secret_peppers_open(dir, &e);
	unlink(path);
	rmdir(dir);
	must(peppers && dec_hex(row.hash, sizeof row.hash, STR(HASH)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	char key_id[SECRET_KEY_ID_LEN + 1];
	struct err e = { 0 };
	bool good, same = false;

	if (!peppers)
		make_peppers();
	if (!secret_read(text, key_id, &e)) {
		must(e.kind == ERR_SECRET_MALFORMED && !str_is(text, TEXT));
		return 0;
	}
	must(secret_key_id_fits(str_of(key_id)) &&
	     !memcmp(key_id, text.at + 4, SECRET_KEY_ID_LEN));
	good = secret_check(peppers, &row, text, 1, &same, &e);
	must(good == str_is(text, TEXT) && good == same);
	must(good || e.kind == ERR_SECRET_WRONG);
	return 0;
}
