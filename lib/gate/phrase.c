/* phrase.c - may this be somebody's passphrase?
 * SPDX-License-Identifier: Apache-2.0 */
#include "gate/phrase.h"

#include <string.h>

#include "ext/crypt.h"
#include "ext/pass.h"

/* Long ones that lists of leaked passwords hold, in small letters and without
 * blanks; what repeats something short is refused by itself. */
static const char *const common[] = { "passwordpassword", "qwertyuiopasdfgh",
	"qwertyuiopasdfghjkl", "qwertyuiopasdfghjklzxcvbnm", "1q2w3e4r5t6y7u8i",
	"1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv", "1qaz2wsx3edc4rfv5tgb",
	"zaq12wsxcde34rfv", "123456789abcdef", "0123456789abcdef",
	"abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz",
	"correcthorsebatterystaple", "iloveyouforever", "iloveyousomuch1",
	"letmeinletmein1", "thisismypassword", "mypasswordispassword",
	"passwordispassword", "administrator123", "administrator1234",
	"welcometothejungle", "trustno1trustno1", "changemechangeme",
	"supersecretpassword", "verysecretpassword", "neverevergiveup",
	"maytheforcebewithyou", "tobeornottobethatisthequestion",
	"thequickbrownfox", "thequickbrownfoxjumpsoverthelazydog",
	"loremipsumdolorsitamet", "jesuschristislord", "onceuponatimeinamerica",
	"liverpoolfootballclub", "manchesterunited", "christianoronaldo",
	"backstreetboys1", "teenagemutantninjaturtles", "qazwsxedcrfvtgb",
	"qazwsxedcrfvtgbyhnujm", "asdfghjklasdfghjkl", "asdfghjklqwertyuiop",
	"zxcvbnmasdfghjkl", "112233445566778899", "11223344556677889900",
	"987654321987654", "9876543210987654" };

static bool
repeats(struct str s)
{
	size_t period, i;

	for (period = 1; period < 8; period++) {
		for (i = period; i < s.len; i++)
			if (s.at[i] != s.at[i - period])
				break;
		if (i == s.len)
			return true;
	}
	return false;
}

/* 123456789012345, abcdef..., and backwards. */
static bool
runs(struct str s)
{
	size_t up = 1, down = 1, i;

	for (i = 1; i < s.len; i++) {
		int step = s.at[i] - s.at[i - 1];

		up += step == 1 || step == -9;
		down += step == -1 || step == 9;
	}
	return up == s.len || down == s.len;
}

static struct str
bare(struct arena *a, struct str s)
{
	struct str low = str_lower(a, s);
	char *to = (char *)(uintptr_t)low.at;
	size_t i, n = 0;

	for (i = 0; i < low.len; i++)
		if (low.at[i] != ' ')
			to[n++] = low.at[i];
	return (struct str){ to, n };
}

static size_t
characters(struct str s)
{
	size_t i, n = 0;

	for (i = 0; i < s.len; i++)
		n += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return n;
}

static bool
is_common(struct str low, struct str login)
{
	size_t i;

	for (i = 0; i < COUNT(common); i++)
		if (str_is(low, common[i]))
			return true;
	return repeats(low) || runs(low) ||
	       (login.len > 3 && low.len < login.len + 8 &&
		   memmem(low.at, low.len, login.at, login.len));
}

bool
phrase_good(
    struct arena *a, struct str passphrase, struct str login, struct err *e)
{
	struct str normal, low;
	bool poor;

	if (!pass_normal(a, passphrase, &normal, e))
		return false;
	if (characters(normal) < PHRASE_MIN)
		return err_set(e, ERR_PASSPHRASE, NULL);
	low = bare(a, normal);
	poor = is_common(low, str_lower(a, str_trim(login, " ")));
	crypt_wipe((void *)(uintptr_t)low.at, low.len);
	return !poor ||
	       err_set(e, ERR_PASSPHRASE,
		   "This passphrase is one of those that are guessed first. "
		   "Take several words that only you put together.");
}
