/* metadata.h - the life of the program that answers without a token
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_METADATA_H
#define APP_METADATA_H

#include "web/serve.h"

/* metadata_start - makes all documents. Neither the database nor the keys need
 * to be there: /readyz tells what is missing. */
bool metadata_start(
    struct arena *a, const struct conf *conf, bool cgi, struct err *e);
void metadata_stop(void);

/* metadata_begin - refusals below a face speak FHIR of its version, below
 * /oauth2/ they speak OAuth. */
void metadata_begin(struct work *w);

#endif
