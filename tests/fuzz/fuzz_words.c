/* fuzz_words.c - catalogues of any shape
 * SPDX-License-Identifier: Apache-2.0
 *
 * Input: the catalogue of every language. One that is refused is called so; of
 * one that is taken, texts and forms lie within it, whatever it says of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "web/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile unsigned char sink;
static char dir[] = "/tmp/wardgate-fuzz-XXXXXX";

static void
must(int holds)
{
	if (!holds)
		abort();
}

static void
path_of(char *path, size_t room, enum words_lang lang)
{
	snprintf(path, room, "%s/%s.mo", dir, words_tag(lang));
}

static void
write_all(const uint8_t *data, size_t size)
{
	enum words_lang lang;
	char path[100];
	FILE *f;

	must(mkdtemp(dir) != NULL);
	for (lang = WORDS_EN + 1; lang < WORDS__MAX; lang++) {
		path_of(path, sizeof path, lang);
		must((f = fopen(path, "w")) != NULL);
		must(fwrite(data, 1, size, f) == size && !fclose(f));
	}
}

static void
remove_all(void)
{
	enum words_lang lang;
	char path[100];

	for (lang = WORDS_EN + 1; lang < WORDS__MAX; lang++) {
		path_of(path, sizeof path, lang);
		unlink(path);
	}
	rmdir(dir);
	memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
}

/* Every byte is read. */
static void
touch(struct str s)
{
	unsigned char sum = 0;
	size_t i;

	must(s.at != NULL);
	for (i = 0; i < s.len; i++)
		sum ^= (unsigned char)s.at[i];
	sink = sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t counts[] = { INT64_MIN, 0, 1, 2, 5, 21 };
	struct arena *a = arena_new();
	struct err e = { .kind = ERR_NONE };
	enum words_lang lang;
	bool taken;
	size_t i;

	write_all(data, size);
	taken = words_start(a, dir, &e);
	must(taken || e.kind == ERR_CONF);
	for (lang = WORDS_EN; taken && lang < WORDS__MAX; lang++) {
		touch(words_of(lang, STR("Sign in")));
		touch(words_of(lang, STR("")));
		for (i = 0; i < sizeof counts / sizeof *counts; i++)
			touch(words_count(lang, STR("{n} day left"),
			    STR("{n} days left"), counts[i]));
	}
	remove_all();
	err_clear(&e);
	arena_free(a);
	return 0;
}
