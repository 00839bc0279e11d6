/* prepared.c - requests written beforehand, with a hole for what changes
 * SPDX-License-Identifier: Apache-2.0 */
#include "prepared.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct text
text_map(const char *path)
{
	struct stat st;
	struct text t = { "", 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0) {
		t.len = (size_t)st.st_size;
		t.at = mmap(NULL, t.len, PROT_READ, MAP_PRIVATE, fd, 0);
	}
	if (fd < 0 || t.at == MAP_FAILED) {
		perror(path);
		exit(1);
	}
	close(fd);
	return t;
}

bool
text_line(struct text *t, struct text *line)
{
	const char *end = t->len ? memchr(t->at, '\n', t->len) : NULL;

	if (t->len == 0)
		return false;
	line->at = t->at;
	line->len = end ? (size_t)(end - t->at) : t->len;
	t->at += line->len + (end != NULL);
	t->len -= line->len + (end != NULL);
	return true;
}

struct prepared
prepared_load(const char *path)
{
	struct text t = text_map(path);
	struct prepared p = { .before = t };
	const char *hole = memmem(t.at, t.len, "{}", 2);

	if (hole == NULL)
		return p;
	p.hole = true;
	p.before.len = (size_t)(hole - t.at);
	p.after.at = hole + 2;
	p.after.len = t.len - p.before.len - 2;
	return p;
}
