/* test_fhir_map_medicationrequest.c - medication orders, rule by rule
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "convert_help.h"

#define D FHIR_DSTU2
#define S FHIR_STU3
#define R FHIR_R4

#define HOME "http://hl7.org/fhir/"
#define TERM "http://terminology.hl7.org/CodeSystem/"
#define X10  HOME "1.0/StructureDefinition/extension-MedicationOrder."
#define X30  HOME "3.0/StructureDefinition/extension-MedicationRequest."
#define X40  HOME "4.0/StructureDefinition/extension-MedicationRequest."
#define D40  HOME "4.0/StructureDefinition/extension-Dosage."
#define DOSE HOME "3.0/StructureDefinition/extension-Dosage."

#define REF(to)          "{\"reference\":\"" to "\"}"
#define TEXT(what)       "{\"text\":\"" what "\"}"
#define KEPT(url, value) "{\"url\":\"" url "\"," value "}"
#define HAS(what)        "\"extension\":[" what "]"
#define MUST(what)       "\"modifierExtension\":[" what "]"
#define CODE(code)                                                             \
	"{\"coding\":[{\"system\":\"" HOME                                     \
	"v3/substanceAdminSubstitution\",\"code\":\"" code "\"}]}"
#define CODE4(code)                                                            \
	"{\"coding\":[{\"system\":\"" TERM                                     \
	"v3-substanceAdminSubstitution\",\"code\":\"" code "\"}]}"

/* Orders with all that a version demands. */
#define O "{\"resourceType\":\"MedicationOrder\",\"patient\":" REF("Patient/1")
#define Q3                                                                     \
	"{\"resourceType\":\"MedicationRequest\",\"subject\":" REF("Patient/"  \
								   "1")
#define M3 Q3 ",\"intent\":\"order\""
#define Q4 Q3 ",\"status\":\"active\""
#define M4 Q4 ",\"intent\":\"order\""
#define OA O ",\"status\":\"active\""
#define MA M3 ",\"status\":\"active\""

#define SUB(what)   ",\"substitution\":{" what "}"
#define ALLOW(what) SUB("\"allowed\":" what)

/* clang-format off */
static const struct convert_case both_ways[] = {
	/* names */
	{ "an order is a request whose intent is order", D, S, O "}", M3 "}" },
	{ "what is renamed", D, S,
	    O ",\"dateWritten\":\"2019-01\",\"_dateWritten\":{\"id\":\"x\"}}",
	    M3 ",\"authoredOn\":\"2019-01\",\"_authoredOn\":{\"id\":\"x\"}}" },
	{ "the encounter", D, R,
	    OA ",\"encounter\":" REF("Encounter/1") "}",
	    M4 ",\"encounter\":" REF("Encounter/1") "}" },
	{ "an episode of care is no encounter", S, R,
	    MA ",\"context\":" REF("EpisodeOfCare/1") "}",
	    M4 "," HAS(KEPT(X30 "context", "\"valueReference\":" REF("EpisodeOfCare/1"))) "}" },
	{ "what a context says besides is converted", S, D,
	    M3 ",\"context\":{\"display\":\"x\",\"identifier\":{\"value\":\"7\"}}}",
	    O ",\"encounter\":{\"display\":\"x\"," HAS(KEPT(HOME
	      "3.0/StructureDefinition/extension-Reference.identifier",
	      "\"valueIdentifier\":{\"value\":\"7\"}")) "}}" },
	{ "the prescription before", D, S,
	    O ",\"priorPrescription\":" REF("MedicationOrder/1") "}",
	    M3 ",\"priorPrescription\":" REF("MedicationRequest/1") "}" },
	{ "a medicine by reference", D, R,
	    OA ",\"medicationReference\":" REF("Medication/1") "}",
	    M4 ",\"medicationReference\":" REF("Medication/1") "}" },
	{ "a note", D, S, O ",\"note\":\"a\\nb\"}", M3 ",\"note\":[" TEXT("a\\nb") "]}" },
	{ "notes are joined, and kept", S, D,
	    M3 ",\"note\":[" TEXT("a") ",{\"authorString\":\"A\",\"text\":\"b\"}]}",
	    O ",\"note\":\"a\\nb\",\"_note\":{" HAS(
	      KEPT(X30 "note", "\"valueAnnotation\":" TEXT("a")) ","
	      KEPT(X30 "note", "\"valueAnnotation\":{\"authorString\":\"A\",\"text\":\"b\"}"))
	      "}}" },
	{ "one category of several", R, S,
	    M4 ",\"category\":[" TEXT("a") "," TEXT("b") "]}",
	    MA ",\"category\":" TEXT("a") "," HAS(KEPT(X40 "category",
	      "\"valueCodeableConcept\":" TEXT("b"))) "}" },
	{ "what DSTU2 has no place for", S, D,
	    M3 ",\"priority\":\"stat\",\"basedOn\":[" REF("CarePlan/1") "],\"recorder\":"
	      REF("Practitioner/1") ",\"groupIdentifier\":{\"value\":\"1\"}}",
	    O "," HAS(KEPT(X30 "basedOn", "\"valueReference\":" REF("CarePlan/1")) ","
	      KEPT(X30 "groupIdentifier", "\"valueIdentifier\":{\"value\":\"1\"}") ","
	      KEPT(X30 "priority", "\"valueCode\":\"stat\"") ","
	      KEPT(X30 "recorder", "\"valueReference\":" REF("Practitioner/1"))) "}" },
	{ "what only R4 has a place for", R, S,
	    M4 ",\"reportedBoolean\":true,\"performerType\":" TEXT("p")
	      ",\"insurance\":[" REF("Coverage/1") "]}",
	    MA "," HAS(KEPT(X40 "reported", "\"valueBoolean\":true") ","
	      KEPT(X40 "performerType", "\"valueCodeableConcept\":" TEXT("p")) ","
	      KEPT(X40 "insurance", "\"valueReference\":" REF("Coverage/1"))) "}" },
	{ "no patient: STU3 is told that it is unknown", D, S,
	    "{\"resourceType\":\"MedicationOrder\"}",
	    "{\"resourceType\":\"MedicationRequest\",\"intent\":\"order\",\"subject\":{"
	      HAS(KEPT(HOME "StructureDefinition/data-absent-reason",
	          "\"valueCode\":\"unknown\"")) "}}" },
	{ "no status: R4 is told that it is unknown", D, R,
	    O "}",
	    M3 ",\"status\":\"unknown\",\"_status\":{" HAS(KEPT(X30 "status",
	      "\"_valueCode\":{" HAS(KEPT(HOME "StructureDefinition/data-absent-reason",
	      "\"valueCode\":\"unknown\"")) "}")) "}}" },

	/* status, intent */
	{ "cancelled is stopped", S, D,
	    M3 ",\"status\":\"cancelled\"}",
	    O ",\"status\":\"stopped\",\"_status\":{"
	      HAS(KEPT(X30 "status", "\"valueCode\":\"cancelled\"")) "}}" },
	{ "unknown is none", R, D,
	    M3 ",\"status\":\"unknown\"}",
	    O ",\"_status\":{" HAS(KEPT(X30 "status", "\"valueCode\":\"unknown\"")) "}}" },
	{ "an order of R4's kinds is an order", R, S,
	    Q4 ",\"intent\":\"reflex-order\"}",
	    MA ",\"_intent\":{" HAS(KEPT(X40 "intent", "\"valueCode\":\"reflex-order\""))
	      "}}" },
	{ "in DSTU2 too, and that is kept", R, D,
	    Q4 ",\"intent\":\"filler-order\"}",
	    OA "," HAS(KEPT(X30 "intent", "\"valueCode\":\"order\",\"_valueCode\":{"
	      HAS(KEPT(X40 "intent", "\"valueCode\":\"filler-order\"")) "}")) "}" },
	{ "an order for an instance", S, D,
	    Q3 ",\"intent\":\"instance-order\"}",
	    O "," HAS(KEPT(X30 "intent", "\"valueCode\":\"instance-order\"")) "}" },
	{ "a proposal is no order", S, D,
	    Q3 ",\"intent\":\"proposal\"}",
	    O "," MUST(KEPT(X30 "intent", "\"valueCode\":\"proposal\"")) "}" },
	{ "an option is a plan, and no order", R, D,
	    Q4 ",\"intent\":\"option\"}",
	    OA "," MUST(KEPT(X30 "intent", "\"valueCode\":\"plan\",\"_valueCode\":{"
	      HAS(KEPT(X40 "intent", "\"valueCode\":\"option\"")) "}")) "}" },
	{ "what must not be done says so", R, D,
	    M4 ",\"doNotPerform\":true}",
	    OA "," MUST(KEPT(X40 "doNotPerform", "\"valueBoolean\":true")) "}" },
	{ "what may be done warns nobody", R, S,
	    M4 ",\"doNotPerform\":false}",
	    MA "," HAS(KEPT(X40 "doNotPerform", "\"valueBoolean\":false")) "}" },
	{ "when it ended", D, R,
	    OA ",\"dateEnded\":\"2019\"}",
	    M4 "," HAS(KEPT(X10 "dateEnded", "\"valueDateTime\":\"2019\"")) "}" },
	{ "why it ended, in STU3", R, S,
	    M4 ",\"statusReason\":" TEXT("x") "}",
	    MA "," HAS(KEPT(X10 "reasonEnded", "\"valueCodeableConcept\":" TEXT("x"))) "}" },
	{ "why it ended, all the way", D, R,
	    OA ",\"reasonEnded\":" TEXT("x") "}", M4 ",\"statusReason\":" TEXT("x") "}" },

	/* who prescribes */
	{ "the prescriber is the requester's agent", D, S,
	    O ",\"prescriber\":" REF("Practitioner/1") "}",
	    M3 ",\"requester\":{\"agent\":" REF("Practitioner/1") "}}" },
	{ "and the requester", D, R,
	    OA ",\"prescriber\":" REF("Practitioner/1") "}",
	    M4 ",\"requester\":" REF("Practitioner/1") "}" },
	{ "on whose behalf", S, R,
	    MA ",\"requester\":{\"agent\":" REF("Practitioner/1") ",\"onBehalfOf\":"
	      REF("Organization/1") "}}",
	    M4 ",\"requester\":" REF("Practitioner/1") "," HAS(KEPT(X30
	      "requester.onBehalfOf", "\"valueReference\":" REF("Organization/1"))) "}" },
	{ "on whose behalf, in DSTU2", S, D,
	    M3 ",\"requester\":{\"agent\":" REF("Practitioner/1") ",\"onBehalfOf\":"
	      REF("Organization/1") "}}",
	    O ",\"prescriber\":" REF("Practitioner/1") "," HAS(KEPT(X30
	      "requester.onBehalfOf", "\"valueReference\":" REF("Organization/1"))) "}" },
	{ "a requester without agent is kept whole", S, R,
	    MA ",\"requester\":{\"onBehalfOf\":" REF("Organization/1") "}}",
	    M4 "," HAS(KEPT(X30 "requester", HAS(KEPT("onBehalfOf",
	      "\"valueReference\":" REF("Organization/1"))))) "}" },

	/* reasons */
	{ "a reason by code", D, S,
	    O ",\"reasonCodeableConcept\":" TEXT("x") "}",
	    M3 ",\"reasonCode\":[" TEXT("x") "]}" },
	{ "a reason by reference", D, R,
	    OA ",\"reasonReference\":" REF("Condition/1") "}",
	    M4 ",\"reasonReference\":[" REF("Condition/1") "]}" },
	{ "of several the first code", S, D,
	    M3 ",\"reasonReference\":[" REF("Condition/1") "],\"reasonCode\":[" TEXT("a") ","
	      TEXT("b") "," TEXT("c") "]}",
	    O ",\"reasonCodeableConcept\":" TEXT("a") "," HAS(
	      KEPT(X30 "reasonCode", "\"valueCodeableConcept\":" TEXT("b")) ","
	      KEPT(X30 "reasonCode", "\"valueCodeableConcept\":" TEXT("c")) ","
	      KEPT(X30 "reasonReference", "\"valueReference\":" REF("Condition/1"))) "}" },
	{ "else the first reference", S, D,
	    M3 ",\"reasonReference\":[" REF("Condition/1") "," REF("Condition/2") "]}",
	    O ",\"reasonReference\":" REF("Condition/1") "," HAS(
	      KEPT(X30 "reasonReference", "\"valueReference\":" REF("Condition/2"))) "}" },

	/* what defines it */
	{ "a definition is a canonical URL", S, R,
	    MA ",\"definition\":[" REF("http://h.example/PlanDefinition/1") "]}",
	    M4 ",\"instantiatesCanonical\":[\"http://h.example/PlanDefinition/1\"]}" },
	{ "a definition that says more, one without address", S, R,
	    MA ",\"definition\":[" REF("P/1") ",{\"reference\":\"P/2\",\"display\":\"x\"},"
	      "{\"display\":\"y\"}]}",
	    M4 ",\"instantiatesCanonical\":[\"P/1\",\"P/2\"],\"_instantiatesCanonical\":["
	      "null,{" HAS(KEPT(X30 "definition", "\"valueReference\":{\"reference\":\"P/2\","
	      "\"display\":\"x\"}")) "}]," HAS(KEPT(X30 "definition",
	      "\"valueReference\":{\"display\":\"y\"}")) "}" },

	/* dosage */
	{ "what to take how", D, R,
	    OA ",\"dosageInstruction\":[{\"text\":\"t\",\"additionalInstructions\":" TEXT("i")
	      ",\"doseQuantity\":{\"value\":6.0},\"rateRatio\":{\"numerator\":{\"value\":1}},"
	      "\"siteCodeableConcept\":" TEXT("arm") ",\"timing\":{\"repeat\":{\"periodUnits\":"
	      "\"d\"}}}]}",
	    M4 ",\"dosageInstruction\":[{\"text\":\"t\",\"additionalInstruction\":[" TEXT("i")
	      "],\"doseAndRate\":[{\"doseQuantity\":{\"value\":6.0},\"rateRatio\":{\"numerator\":"
	      "{\"value\":1}}}],\"site\":" TEXT("arm") ",\"timing\":{\"repeat\":{\"periodUnit\":"
	      "\"d\"}}}]}" },
	{ "a site by reference", D, S,
	    O ",\"dosageInstruction\":[{\"siteReference\":" REF("BodySite/1") "}]}",
	    M3 ",\"dosageInstruction\":[{" HAS(KEPT(X10 "dosageInstruction.site",
	      "\"valueReference\":" REF("BodySite/1"))) "}]}" },
	{ "a rate that DSTU2 cannot say", S, D,
	    M3 ",\"dosageInstruction\":[{\"sequence\":1,\"rateQuantity\":{\"value\":2}}]}",
	    O ",\"dosageInstruction\":[{" HAS(KEPT(DOSE "sequence", "\"valueInteger\":1") ","
	      KEPT(DOSE "rate", "\"valueQuantity\":{\"value\":2}")) "}]}" },

	{ "several doses, and of which type the first is", R, S,
	    M4 ",\"dosageInstruction\":[{\"doseAndRate\":[{\"type\":" TEXT("ordered")
	      ",\"doseQuantity\":{\"value\":1}},{\"rateQuantity\":{\"value\":2.0}}]}]}",
	    MA ",\"dosageInstruction\":[{\"doseQuantity\":{\"value\":1}," HAS(
	      KEPT(D40 "doseAndRate.type", "\"valueCodeableConcept\":" TEXT("ordered")) ","
	      KEPT(D40 "doseAndRate", HAS(KEPT("rate", "\"valueQuantity\":{\"value\":2.0}"))))
	      "}]}" },
	{ "a range and a rate in DSTU2", R, D,
	    M4 ",\"dosageInstruction\":[{\"doseAndRate\":[{\"doseRange\":{\"low\":{\"value\":1}},"
	      "\"rateQuantity\":{\"value\":2.0}}]}]}",
	    OA ",\"dosageInstruction\":[{\"doseRange\":{\"low\":{\"value\":1}}," HAS(
	      KEPT(DOSE "rate", "\"valueQuantity\":{\"value\":2.0}")) "}]}" },

	/* supply */
	{ "supply", D, R,
	    OA ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":2,\"expectedSupplyDuration\":"
	      "{\"value\":30},\"medicationCodeableConcept\":" TEXT("x") "}}",
	    M4 ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":2,\"expectedSupplyDuration\":"
	      "{\"value\":30}," HAS(KEPT(X10 "dispenseRequest.medication",
	      "\"valueCodeableConcept\":" TEXT("x"))) "}}" },
	{ "no repeats", R, S,
	    M4 ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":0}}",
	    MA ",\"dispenseRequest\":{" HAS(KEPT(X40
	      "dispenseRequest.numberOfRepeatsAllowed", "\"valueUnsignedInt\":0")) "}}" },
	{ "a first fill", R, D,
	    M4 ",\"dispenseRequest\":{\"initialFill\":{\"duration\":{\"value\":3.50}}}}",
	    OA ",\"dispenseRequest\":{" HAS(KEPT(X40 "dispenseRequest.initialFill",
	      HAS(KEPT("duration", "\"valueQuantity\":{\"value\":3.50}")))) "}}" },

	/* substitution */
	{ "yes is G in DSTU2", S, D,
	    M3 ALLOW("true,\"reason\":" TEXT("r")) "}",
	    O SUB("\"type\":{\"coding\":[{\"system\":\"" HOME
	      "v3/substanceAdminSubstitution\",\"code\":\"G\"}],"
	      HAS(KEPT(X30 "substitution.allowed", "\"valueBoolean\":true")) "},\"reason\":"
	      TEXT("r")) "}" },
	{ "no is N, and a boolean in R4", R, D,
	    M4 SUB("\"allowedBoolean\":false") "}",
	    OA SUB("\"type\":{\"coding\":[{\"system\":\"" HOME
	      "v3/substanceAdminSubstitution\",\"code\":\"N\"}],"
	      HAS(KEPT(X30 "substitution.allowed", "\"valueBoolean\":false")) "}") "}" },
	{ "a type is yes or no in STU3", D, S,
	    O SUB("\"type\":" CODE("E")) "}",
	    M3 SUB("\"allowed\":true,\"_allowed\":{" HAS(KEPT(X10 "substitution.type",
	      "\"valueCodeableConcept\":" CODE("E"))) "}") "}" },
	{ "N is no", D, S,
	    O SUB("\"type\":" CODE("N")) "}",
	    M3 SUB("\"allowed\":false,\"_allowed\":{" HAS(KEPT(X10 "substitution.type",
	      "\"valueCodeableConcept\":" CODE("N"))) "}") "}" },
	{ "a type is one in R4 too", D, R,
	    OA SUB("\"type\":" CODE("G")) "}",
	    M4 SUB("\"allowedCodeableConcept\":" CODE4("G")) "}" },
	{ "a code of R4", R, S,
	    M4 SUB("\"allowedCodeableConcept\":" CODE4("TE")) "}",
	    MA SUB("\"allowed\":true,\"_allowed\":{" HAS(KEPT(X40 "substitution.allowed",
	      "\"valueCodeableConcept\":" CODE("TE"))) "}") "}" },
	{ "a code of R4 in DSTU2", R, D,
	    M4 SUB("\"allowedCodeableConcept\":" CODE4("TE")) "}",
	    OA SUB("\"type\":" CODE("TE")) "}" },
	{ "a type without a code says neither", D, S,
	    O SUB("\"type\":" TEXT("ask me")) "}",
	    M3 SUB("\"_allowed\":{" HAS(KEPT(X10 "substitution.type",
	      "\"valueCodeableConcept\":" TEXT("ask me"))) "}") "}" },
};

static const struct convert_case one_way[] = {
	{ "on whose behalf, hung on the reference", R, S,
	    M4 ",\"requester\":{\"reference\":\"P/1\"," HAS(KEPT(X30
	      "requester.onBehalfOf", "\"valueReference\":" REF("O/1"))) "}}",
	    MA ",\"requester\":{\"agent\":" REF("P/1") ",\"onBehalfOf\":" REF("O/1") "}}" },
	{ "what hangs on the requester hangs on the reference", S, R,
	    MA ",\"requester\":{\"agent\":" REF("P/1") "," HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}")
	      "}}",
	    M4 ",\"requester\":{\"reference\":\"P/1\"," HAS("{\"url\":\"u:a\",\"valueId\":\"x\"}")
	      "}}" },
	{ "a type that was changed", D, S,
	    O SUB("\"type\":{\"coding\":[{\"system\":\"" HOME
	      "v3/substanceAdminSubstitution\",\"code\":\"N\"}],"
	      HAS(KEPT(X30 "substitution.allowed", "\"valueBoolean\":true")) "}") "}",
	    M3 SUB("\"allowed\":false,\"_allowed\":{" HAS(KEPT(X10 "substitution.type",
	      "\"valueCodeableConcept\":" CODE("N"))) "}") "}" },
	{ "a boolean that was changed", S, R,
	    MA SUB("\"allowed\":false,\"_allowed\":{" HAS(KEPT(X10 "substitution.type",
	      "\"valueCodeableConcept\":" CODE("E"))) "}") "}",
	    M4 SUB("\"allowedBoolean\":false") "}" },
	{ "a URL that was changed", R, S,
	    M4 ",\"instantiatesCanonical\":[\"P/3\"],\"_instantiatesCanonical\":[{"
	      HAS(KEPT(X30 "definition", "\"valueReference\":{\"reference\":\"P/2\"}")) "}]}",
	    MA ",\"definition\":[" REF("P/3") "]}" },
	{ "a status that was given since", R, S,
	    M4 ",\"_status\":{" HAS(KEPT(X30 "status", "\"_valueCode\":{" HAS(KEPT(HOME
	      "StructureDefinition/data-absent-reason", "\"valueCode\":\"unknown\"")) "}"))
	      "}}", MA "}" },

	/* read leniently */
	{ "a reason in a list", D, S,
	    O ",\"reasonReference\":[" REF("Condition/1") "]}",
	    M3 ",\"reasonReference\":[" REF("Condition/1") "]}" },
	{ "a list that is none", S, D,
	    M3 ",\"reasonCode\":" TEXT("x") ",\"note\":" TEXT("n") "}",
	    O ",\"reasonCodeableConcept\":" TEXT("x") ",\"note\":\"n\"}" },
	{ "booleans and numbers in quotes", S, D,
	    M3 ALLOW("\"true\"") ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":\"2\"}}",
	    O SUB("\"type\":{\"coding\":[{\"system\":\"" HOME
	      "v3/substanceAdminSubstitution\",\"code\":\"G\"}],"
	      HAS(KEPT(X30 "substitution.allowed", "\"valueBoolean\":true")) "}")
	      ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":2}}" },
	{ "what is not to be done, in quotes", R, S,
	    M4 ",\"doNotPerform\":\"true\"}",
	    MA "," MUST(KEPT(X40 "doNotPerform", "\"valueBoolean\":true")) "}" },
	{ "instructions in a list", D, S,
	    O ",\"dosageInstruction\":{\"additionalInstructions\":[" TEXT("a") "]}}",
	    M3 ",\"dosageInstruction\":[{\"additionalInstruction\":[" TEXT("a") "]}]}" },
	{ "what DSTU2 data has though it is no positive number", D, S,
	    O ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":0}}",
	    M3 ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":0}}" },
	{ "is a number in R4, and nothing need be kept", S, R,
	    MA ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":0}}",
	    M4 ",\"dispenseRequest\":{\"numberOfRepeatsAllowed\":0}}" },
};

static const struct convert_case bare[] = {
	{ "what must not be done", R, S,
	    M4 ",\"doNotPerform\":true,\"performer\":" REF("P/1") "}",
	    MA "," MUST(KEPT(X40 "doNotPerform", "\"valueBoolean\":true")) "}" },
	{ "what is no order", S, D,
	    Q3 ",\"intent\":\"plan\",\"priority\":\"stat\"}",
	    O "," MUST(KEPT(X30 "intent", "\"valueCode\":\"plan\"")) "}" },
	{ "what modifies nothing goes", S, D,
	    M3 ",\"status\":\"cancelled\",\"note\":[{\"authorString\":\"A\",\"text\":\"a\"}]"
	      ALLOW("true") "}",
	    O ",\"status\":\"stopped\",\"note\":\"a\"" SUB("\"type\":" CODE("G")) "}" },
	{ "what the other end has a place for arrives", D, R,
	    OA ",\"reasonEnded\":" TEXT("x") ",\"dateEnded\":\"2019\"" SUB("\"type\":"
	      CODE("E")) "}",
	    M4 ",\"statusReason\":" TEXT("x") SUB("\"allowedCodeableConcept\":" CODE4("E"))
	      "}" },
	{ "from there too", R, D,
	    M4 ",\"statusReason\":" TEXT("x") SUB("\"allowedCodeableConcept\":" CODE4("E"))
	      "}",
	    OA ",\"reasonEnded\":" TEXT("x") SUB("\"type\":" CODE("E")) "}" },
	{ "a status that R4 demands", D, R, O "}", M3 ",\"status\":\"unknown\"}" },
};

/* What a stranger may send: whatever becomes of it, nothing breaks, and what
 * comes out is read again. */
static const char *const strange[] = {
	O ",\"prescriber\":7,\"reasonReference\":\"x\",\"note\":[[1]],\"status\":{}}",
	O ",\"prescriber\":[{},7],\"reasonCodeableConcept\":{},\"reasonReference\":[[]]}",
	O ",\"substitution\":{\"type\":[{\"coding\":[7,{\"code\":7}]}]}}",
	O ",\"substitution\":{\"type\":\"x\"},\"_status\":7,\"dispenseRequest\":[7]}",
	O ",\"dosageInstruction\":[7,{\"timing\":7,\"doseQuantity\":[]},[]]}",
	Q3 ",\"requester\":7,\"intent\":{},\"_intent\":[],\"definition\":[7,{},[]]}",
	Q3 ",\"requester\":{\"agent\":7,\"onBehalfOf\":7},\"intent\":[[\"plan\"]]}",
	Q3 ",\"requester\":{\"agent\":" REF("P/1") ",\"extension\":7,\"onBehalfOf\":\"x\"}}",
	Q3 ",\"requester\":{\"agent\":{\"reference\":\"P/1\",\"extension\":{}},\"extension\":[{}]}}",
	Q3 ",\"requester\":{\"agent\":" REF("P/1") ",\"modifierExtension\":[{\"url\":\"u\"}]}}",
	Q3 ",\"reasonCode\":[null,{},7],\"reasonReference\":[[],{\"reference\":{}}]}",
	Q3 ",\"substitution\":{\"allowed\":{},\"_allowed\":7}}",
	Q3 ",\"substitution\":{\"allowed\":\"perhaps\",\"_allowed\":{" HAS(KEPT(X10
	  "substitution.type", "\"valueString\":\"x\"")) "}}}",
	Q3 ",\"instantiatesCanonical\":[7,null,{}],\"_instantiatesCanonical\":[7,{},[],{}]}",
	Q3 ",\"instantiatesCanonical\":7,\"_instantiatesCanonical\":7,\"statusReason\":7}",
	Q3 ",\"substitution\":{\"allowedBoolean\":7,\"allowedCodeableConcept\":7}}",
	Q3 ",\"substitution\":{\"allowedCodeableConcept\":[],\"_allowedBoolean\":{}}}",
	Q3 ",\"doNotPerform\":{},\"_doNotPerform\":[],\"statusReason\":[{}],\"_status\":7}",
	Q3 "," HAS("7,{\"url\":7},{\"url\":\"" X30 "requester\"},{\"url\":\"" X10
	  "reasonEnded\"},{\"url\":\"" X30 "reasonCode\",\"valueId\":\"x\"}") "}",
};
/* clang-format on */

static void
each_way_as_the_tables_say(void **state)
{
	(void)state;
	convert_cases(both_ways, COUNT(both_ways));
	convert_cases(one_way, COUNT(one_way));
}

static void
what_was_kept_comes_back(void **state)
{
	(void)state;
	convert_returns(both_ways, COUNT(both_ways));
}

static void
strangers_break_nothing(void **state)
{
	(void)state;
	convert_strange(strange, COUNT(strange));
}

static void
a_bare_answer_keeps_what_modifies(void **state)
{
	(void)state;
	convert_bare(bare, COUNT(bare));
}

/* What becomes of the elements of one request, and how often. */
static void
losses_are(bool without, const char *const *expect, size_t n)
{
	static const char body[] =
	    M4 ",\"doNotPerform\":true,\"performer\":" REF(
		"P/1") ",\"statusReason\":" TEXT("x") ",\"category\":"
						      "[" TEXT("a") "," TEXT(
							  "b") "," TEXT("c") "]"
									     "}";
	struct convert_losses all = { NULL };
	struct arena *a = arena_new();
	size_t seen = 0;

	convert_json(a, R, S, body, without, &all);
	for (const struct convert_loss *l = all.first; l; l = l->next) {
		const char *got = arena_printf(a, "%s %s %u", l->element,
		    convert_fate_name(l->fate), l->times);
		bool known = false;

		for (size_t i = 0; i < n; i++)
			known = known || !strcmp(got, expect[i]);
		if (!known)
			fail_msg("%s", got);
		seen++;
	}
	assert_int_equal(seen, n);
	arena_free(a);
}

static void
losses_tell_what_is_left(void **state)
{
	static const char *const kept[] = {
		"MedicationRequest.doNotPerform extension 1",
		"MedicationRequest.performer extension 1",
		"MedicationRequest.statusReason extension 1",
		"MedicationRequest.category extension 2",
	};
	static const char *const without[] = {
		"MedicationRequest.doNotPerform extension 1",
		"MedicationRequest.performer dropped 1",
		"MedicationRequest.statusReason dropped 1",
		"MedicationRequest.category dropped 2",
	};

	(void)state;
	losses_are(false, kept, COUNT(kept));
	losses_are(true, without, COUNT(without));
}

/* Each reason and each definition costs about the same. */
static void
many_of_each_are_converted_in_time(void **state)
{
	struct arena *a = arena_new();
	struct buf b = buf_new(a, (size_t)64 * 1024 * 1024);
	const char *there;

	(void)state;
	buf_str(&b, M3 ",\"reasonCode\":[" TEXT("0"));
	for (int i = 1; i < 50000; i++)
		buf_fmt(&b, "," TEXT("%d"), i);
	buf_str(&b, "],\"definition\":[" REF("P/0"));
	for (int i = 1; i < 50000; i++)
		buf_fmt(&b, ",{\"reference\":\"P/%d\",\"id\":\"x\"}", i);
	buf_str(&b, "]}");
	there = convert_json(a, S, R, buf_text(&b), false, NULL);
	assert_non_null(strstr(there, ",\"P/49999\"]"));
	there = convert_json(a, R, D, there, false, NULL);
	assert_non_null(strstr(there, TEXT("49999")));
	there = convert_json(a, D, S, there, false, NULL);
	assert_non_null(strstr(there, TEXT("49998") "," TEXT("49999") "]"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_way_as_the_tables_say),
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(strangers_break_nothing),
		cmocka_unit_test(a_bare_answer_keeps_what_modifies),
		cmocka_unit_test(losses_tell_what_is_left),
		cmocka_unit_test(many_of_each_are_converted_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
