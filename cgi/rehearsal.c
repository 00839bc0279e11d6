/* rehearsal.c - a provider to practise on, with failures on demand
 * SPDX-License-Identifier: Apache-2.0
 *
 * Reads   nothing secret; for `load`, NDJSON files
 * Asks    the database as role wg_rehearsal: sql/prepare/rehearsal.sql
 * Speaks  FHIR in the version of each ward, refusals as OperationOutcome; as a
 *         command, terminal text, or JSON with --json
 */
#include <string.h>

#include "rehearsal/rehearsal.h"
#include "app/rehearsal_verb.h"

static const struct route routes[] = {
	{ "*", "/rehearsal/*", rehearsal_handle, "a ward, true or failing" },
};

/* A word that is no option and no option's value: `rehearsal -c FILE load`. */
static bool
is_command(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "-c") || !strcmp(argv[i], "--database"))
			i++;
		else if (argv[i][0] != '-')
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	static const struct program rehearsal = {
		.name = "rehearsal",
		.purpose = "A provider to practise on. Also a command: "
			   "rehearsal load, list, make.",
		.face = FAIL_R4,
		.routes = routes,
		.n_routes = COUNT(routes),
		.start = rehearsal_start,
		.stop = rehearsal_stop,
		.begin = rehearsal_begin,
	};

	if (is_command(argc, argv))
		return command_main(
		    rehearsal_verbs, rehearsal_verbs_n, argc, argv);
	return serve(argc, argv, &rehearsal);
}
