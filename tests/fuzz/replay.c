/* replay.c - runs a fuzz target over the inputs of its corpus, once each
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: TARGET FOLDER...   Ends with "N inputs"; a crash names its input in
 * the line before it. Linked with a fuzz target instead of clang's explorer,
 * so that make check needs no clang. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input stands in a block of exactly its size: reading past its end is
 * seen by the address sanitizer. */
static void
replay(const char *path)
{
	uint8_t *data = NULL;
	long size = 0;
	FILE *f = fopen(path, "rb");

	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 ||
	    fseek(f, 0, SEEK_SET)) {
		perror(path);
		exit(2);
	}
	data = malloc((size_t)size);
	if (size && fread(data, 1, (size_t)size, f) != (size_t)size) {
		perror(path);
		exit(2);
	}
	fclose(f);
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static int
is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int
replay_folder(const char *folder)
{
	struct dirent **list;
	char path[4096];
	int i, n = scandir(folder, &list, is_input, alphasort);

	if (n < 0) {
		perror(folder);
		exit(2);
	}
	for (i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
		replay(path);
		free(list[i]);
	}
	free(list);
	return n;
}

int
main(int argc, char **argv)
{
	int i, n = 0;

	for (i = 1; i < argc; i++)
		n += replay_folder(argv[i]);
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
