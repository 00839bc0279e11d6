/* ward_make.h - writes a made-up ward as a folder of NDJSON files
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WARD_MAKE_H
#define APP_WARD_MAKE_H

#include "base/arena.h"
#include "base/err.h"
#include "fhir/version.h"

/* ward_make - <Type>.ndjson for each type, and index.json: per patient what a
 * search must find. The folder is created if it is missing; files of these
 * names in it are replaced. The same version and seed give the same bytes.
 *   *resources  how many were written
 * false: ERR_CONF, names the file. */
bool ward_make(struct arena *a, enum fhir_version v, unsigned seed,
    const char *folder, unsigned *resources, struct err *e);

#endif
