/* convert.c - the conversion as a filter, and its tables as text
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: convert FROM TO <LINES >LINES      versions: dstu2, stu3, r4
 *        convert tables
 *
 * One body a line, and the line it became. A body that is refused, or that
 * cannot be converted, ends the program with a sentence and status 1.
 *
 * The tables come one row a line, parts between tabs, once for each step that
 * the library knows:
 *   row   STEP PATH PATH-THERE, then for each side NAME many|one choice|plain
 *         TYPES; then HOW URL WHY INSIDE INSIDE-THERE SYSTEM
 *   code  STEP PATH.NAME WORD BECOMES */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fhir/convert.h"
#include "fhir/map_index.h"

#define BODY_MAX ((size_t)1 << 26)

/* ---- the filter ---------------------------------------------------------------- */

static bool
convert_line(struct str line, const struct convert_how *how)
{
	const struct tree_limits lim = { .depth = TREE_DEPTH_MAX };
	struct arena *a = arena_new();
	struct buf b = buf_new(a, BODY_MAX);
	struct err e = { 0 };
	struct tree_node *root = tree_read(a, line, &lim, &e);
	bool held = root && convert_resource(a, root, how, &e);

	if (held) {
		tree_write(&b, root);
		held = !b.failed;
	}
	if (held) {
		fwrite(b.at, 1, b.len, stdout);
		putchar('\n');
	} else
		fprintf(stderr, "%s %s\n", e.said, e.why);
	arena_free(a);
	return held;
}

static int
convert_lines(const struct convert_how *how)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	bool held = true;

	while (held && (len = getline(&line, &room, stdin)) > 0) {
		if (line[len - 1] == '\n')
			len--;
		held = convert_line((struct str){ line, (size_t)len }, how);
	}
	free(line);
	return held ? 0 : 1;
}

/* ---- the tables ---------------------------------------------------------------- */

static const char *
shown(const char *text)
{
	return text ? text : "";
}

static void
print_step(enum map_way w)
{
	static const char *const names[] = { "dstu2", "stu3", "r4" };

	printf("%s-%s\t", names[map_way_from(w)], names[map_way_to(w)]);
}

static void
print_side(const struct map_side *s)
{
	const char *between = "";

	printf("%.*s\t%s\t%s\t", (int)s->name.len, s->name.at ? s->name.at : "",
	    s->many ? "many" : "one", s->choice ? "choice" : "plain");
	for (int t = MAP_BACKBONE; t < MAP_TYPE__MAX; t++)
		if (s->name.at && (s->types & MAP_SET(t))) {
			printf(
			    "%s%s", between, map_type_name((enum map_type)t));
			between = "|";
		}
	putchar('\t');
}

static void
print_codes(const struct map_index *x, const struct map_path *p)
{
	const struct map_code *c = p->step ? p->step->codes : NULL;
	bool up = map_way_up(x->way);

	for (; c && (c->low || c->high); c++) {
		const char *word = up ? c->low : c->high;
		const char *there = up ? c->high : c->low;

		if (!word || c->ways == (up ? MAP_DOWN : MAP_UP))
			continue;
		printf("code\t");
		print_step(x->way);
		printf("%s\t%s\t%s\n", p->path, word, shown(there));
	}
}

static void
print_row(const struct map_index *x, const struct map_path *p)
{
	enum fhir_version from = map_way_from(x->way), to = map_way_to(x->way);
	const struct map *inner = p->row->map;

	printf("row\t");
	print_step(x->way);
	printf("%s\t%s\t", shown(x->map->path[from]), shown(x->map->path[to]));
	print_side(&p->from);
	print_side(&p->to);
	printf("%s%s%s%s%s\t", p->step && p->step->hand ? "hand " : "",
	    p->step && p->step->turn ? "turn " : "",
	    p->step && p->step->rewrite ? "rewrite " : "",
	    p->row->modifier ? "modifier " : "", p->row->pick ? "pick" : "");
	printf("%s\t%s\t%s\t%s\t%s\n", shown(p->url), shown(p->row->why),
	    inner ? shown(inner->path[from]) : "",
	    inner ? shown(inner->path[to]) : "",
	    p->step ? shown(p->step->system) : "");
	print_codes(x, p);
}

static int
print_tables(void)
{
	const struct map_index *x;

	for (size_t i = 0; (x = map_index_all(i)); i++)
		for (size_t n = 0; n < x->n; n++)
			print_row(x, &x->paths[n]);
	return 0;
}

int
main(int argc, char **argv)
{
	struct convert_how how = { 0 };

	if (argc == 2 && !strcmp(argv[1], "tables"))
		return print_tables();
	if (argc == 3 && version_named(&how.from, str_of(argv[1])) &&
	    version_named(&how.to, str_of(argv[2])))
		return convert_lines(&how);
	fprintf(stderr, "usage: convert FROM TO | convert tables\n");
	return 2;
}
