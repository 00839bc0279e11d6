/* names.c - names that end in .rig have the addresses that a file says
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loaded into a program (LD_PRELOAD). RIG_NAMES is the file: lines of a name and
 * its addresses, divided by blanks, read anew each time. Other names are looked
 * up as ever. */
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \n"

typedef int lookup(
    const char *, const char *, const struct addrinfo *, struct addrinfo **);

static int
addresses(lookup *real, char *rest, const struct addrinfo *hints,
    struct addrinfo **all)
{
	struct addrinfo numeric = *hints, **end = all;
	char *word;

	*all = NULL;
	numeric.ai_flags |= AI_NUMERICHOST;
	while ((word = strtok_r(NULL, BLANKS, &rest)))
		if (!real(word, NULL, &numeric, end))
			end = &(*end)->ai_next;
	return *all ? 0 : EAI_NONAME;
}

static int
from_file(lookup *real, const char *name, const struct addrinfo *hints,
    struct addrinfo **all)
{
	FILE *f = fopen(getenv("RIG_NAMES"), "r");
	char line[256], *rest, *first;
	int status = EAI_NONAME;

	if (!f)
		return EAI_FAIL;
	while (status && fgets(line, sizeof line, f)) {
		first = strtok_r(line, BLANKS, &rest);
		if (first && !strcmp(first, name))
			status = addresses(real, rest, hints, all);
	}
	fclose(f);
	return status;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
    struct addrinfo **all)
{
	size_t n = name ? strlen(name) : 0;
	lookup *real;

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (!real)
		return EAI_SYSTEM;
	return n > 4 && hints && !strcmp(name + n - 4, ".rig")
	           ? from_file(real, name, hints, all)
	           : real(name, service, hints, all);
}
