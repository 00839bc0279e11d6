/* bench_tree.c - fhir/tree beside Jansson on a searchset
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: bench_tree [ROUNDS]
 *
 * The searchset is made in memory, about 40 KB compact, and once more laid out
 * in lines. Both sides take turns within each round; what is shown is the
 * median round, in MB of the text read per second. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fhir/tree.h"

#define ENTRIES    48u
#define SLICE_US   50000 /* of one side in one round */
#define ROUNDS_MAX 99u

static const char observation[] =
    "{\"fullUrl\":\"https://provider.example/fhir/Observation/o%u\","
    "\"resource\":{\"resourceType\":\"Observation\",\"id\":\"o%u\",\"meta\":{"
    "\"versionId\":\"1\",\"lastUpdated\":\"2026-11-20T09:30:00.123+01:00\"},"
    "\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":"
    "\"vital-signs\",\"display\":\"Vital Signs\"}]}],\"code\":{\"coding\":[{"
    "\"system\":\"http://loinc.org\",\"code\":\"8867-4\",\"display\":"
    "\"Heart rate\"}],\"text\":\"Heart rate\"},\"subject\":{\"reference\":"
    "\"https://provider.example/fhir/Patient/p%u\",\"display\":"
    "\"M\xc3\xbcller, Eva\"},\"effectiveDateTime\":\"2026-11-19T08:15:00Z\","
    "\"valueQuantity\":{\"value\":72.0,\"unit\":\"beats/minute\",\"system\":"
    "\"http://unitsofmeasure.org\",\"code\":\"/min\"}},"
    "\"search\":{\"mode\":\"match\"}}";

static struct str
searchset(struct arena *a)
{
	struct buf b = buf_new(a, (size_t)1 << 20);
	unsigned i;

	buf_str(&b, "{\"resourceType\":\"Bundle\",\"type\":\"searchset\","
		    "\"total\":48,\"entry\":[");
	for (i = 0; i < ENTRIES; i++) {
		buf_str(&b, i ? "," : "");
		buf_fmt(&b, observation, i, i, i);
	}
	buf_str(&b, "]}");
	return (struct str){ b.at, b.len };
}

static struct str
laid_out(struct arena *a, struct str text)
{
	json_t *j = json_loadb(text.at, text.len, 0, NULL);
	char *out = json_dumps(j, JSON_INDENT(2));

	json_decref(j);
	arena_adopt(a, out, free);
	return str_of(out);
}

/* ---- the work, each once over the text ------------------------------------------ */

static void
demand(bool held)
{
	if (!held)
		abort();
}

static struct tree_node *
read_once(struct arena *a, struct str text)
{
	struct tree_limits lim = { .nodes = 1000000, .object = true };
	struct err e = { 0 };
	struct tree_node *n = tree_read(a, text, &lim, &e);

	demand(n);
	return n;
}

static void
tree_reads(struct arena *a, struct str text)
{
	read_once(a, text);
}

static void
tree_changes(struct arena *a, struct str text)
{
	struct tree_node *n = read_once(a, text), *entry, *subject;
	struct buf b = buf_new(a, (size_t)1 << 20);

	tree_each(entry, tree_at(n, NAME_entry))
	{
		tree_set_text(tree_at(entry, NAME_fullUrl),
		    STR("https://gateway.example/fhir/Observation/1"));
		subject = tree_at(tree_at(entry, NAME_resource), NAME_subject);
		tree_set_text(tree_at(subject, NAME_reference),
		    STR("https://gateway.example/fhir/Patient/1"));
	}
	tree_write(&b, n);
	demand(!b.failed);
}

static void
jansson_reads(struct arena *a, struct str text)
{
	json_t *j = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);

	(void)a;
	demand(j);
	json_decref(j);
}

static void
jansson_changes(struct arena *a, struct str text)
{
	json_t *j = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
	json_t *entry, *subject;
	size_t i;
	char *out;

	(void)a;
	json_array_foreach(json_object_get(j, "entry"), i, entry)
	{
		json_object_set_new(entry, "fullUrl",
		    json_string("https://gateway.example/fhir/Observation/1"));
		subject = json_object_get(
		    json_object_get(entry, "resource"), "subject");
		json_object_set_new(subject, "reference",
		    json_string("https://gateway.example/fhir/Patient/1"));
	}
	out = json_dumps(j, JSON_COMPACT);
	demand(out);
	free(out);
	json_decref(j);
}

/* ---- measuring -------------------------------------------------------------------- */

typedef void work(struct arena *a, struct str text);

/* MB/s over one slice of time; the arena is reused as a worker's is. */
static double
measure(work *w, struct str text)
{
	struct arena *a = arena_new();
	int64_t start = clock_mono_us(), spent;
	size_t times = 0;

	do {
		w(a, text);
		arena_reset(a);
		times++;
		spent = clock_mono_us() - start;
	} while (spent < SLICE_US);
	arena_free(a);
	return (double)(times * text.len) / (double)spent;
}

static int
by_size(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

static void
compare(const char *what, work *ours, work *theirs, struct str text,
    unsigned rounds)
{
	double us[ROUNDS_MAX], them[ROUNDS_MAX], x, y;
	unsigned i;

	for (i = 0; i < rounds; i++) {
		us[i] = measure(ours, text);
		them[i] = measure(theirs, text);
	}
	x = median(us, rounds);
	y = median(them, rounds);
	printf(
	    "| %s | %zu | %.0f | %.0f | %.1f |\n", what, text.len, x, y, x / y);
}

int
main(int argc, char **argv)
{
	struct arena *a = arena_new();
	struct str compact = searchset(a), lines = laid_out(a, compact);
	long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 9;

	if (rounds < 1 || rounds > (long)ROUNDS_MAX) {
		fprintf(stderr, "usage: %s [ROUNDS], 1 to %u\n", argv[0],
		    ROUNDS_MAX);
		return 2;
	}
	puts("| searchset | bytes | fhir/tree MB/s | Jansson MB/s | ratio |");
	puts("|---|---:|---:|---:|---:|");
	compare("read, compact", tree_reads, jansson_reads, compact,
	    (unsigned)rounds);
	compare("read, laid out", tree_reads, jansson_reads, lines,
	    (unsigned)rounds);
	compare("read, 96 links changed, written; compact", tree_changes,
	    jansson_changes, compact, (unsigned)rounds);
	compare("read, 96 links changed, written; laid out", tree_changes,
	    jansson_changes, lines, (unsigned)rounds);
	arena_free(a);
	return 0;
}
