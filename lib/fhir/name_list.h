/* name_list.h - every element name of the FHIR types we know, as one list
 * SPDX-License-Identifier: Apache-2.0
 *
 * From the definitions of DSTU2 1.0.2, STU3 3.0.2 and R4 4.0.1: the elements of
 * the served resources and of all datatypes, choice elements once per type
 * (valueQuantity), a primitive's sibling beside it (_birthDate), and
 * resourceType. Included by name.h alone. */
/* clang-format off */
#define NAME_LIST(X) \
  X(abatementAge) X(_abatementBoolean) X(abatementBoolean) \
  X(_abatementDateTime) X(abatementDateTime) X(abatementPeriod) \
  X(abatementQuantity) X(abatementRange) X(_abatementString) \
  X(abatementString) X(_acceptUnknown) X(acceptUnknown) X(account) X(_active) \
  X(active) X(additionalInstruction) X(additionalInstructions) X(_address) \
  X(address) X(admitSource) X(admittingDiagnosis) X(age) \
  X(ageCodeableConcept) X(ageRange) X(agent) X(_aggregation) X(aggregation) \
  X(_alias) X(alias) X(_allDay) X(allDay) X(_allowed) X(allowed) \
  X(_allowedBoolean) X(allowedBoolean) X(allowedCodeableConcept) X(_altitude) \
  X(altitude) X(amount) X(amountQuantity) X(amountRange) X(_amountString) \
  X(amountString) X(_amountText) X(amountText) X(amountType) X(animal) \
  X(appliesTo) X(appointment) X(_asNeededBoolean) X(asNeededBoolean) \
  X(asNeededCodeableConcept) X(_assertedDate) X(assertedDate) X(asserter) \
  X(assessment) X(assigner) X(authorReference) X(_authorString) \
  X(authorString) X(_authoredOn) X(authoredOn) X(_availabilityExceptions) \
  X(availabilityExceptions) X(base) X(basedOn) X(batch) X(beneficiary) X(bin) \
  X(binding) X(_birthDate) X(birthDate) X(_blob) X(blob) X(bodySite) \
  X(boundsDuration) X(boundsPeriod) X(boundsQuantity) X(boundsRange) X(breed) \
  X(careProvider) X(_category) X(category) X(_certainty) X(certainty) \
  X(certificate) X(_chain) X(chain) X(_citation) X(citation) X(_city) X(city) \
  X(_class) X(class) X(_classDisplay) X(classDisplay) X(classHistory) \
  X(_clinicalStatus) X(clinicalStatus) X(_closingTime) X(closingTime) \
  X(_code) X(code) X(codeFilter) X(coding) X(_color) X(color) X(_comment) \
  X(comment) X(_comments) X(comments) X(communication) X(_comparator) \
  X(comparator) X(_compartment) X(compartment) X(component) X(_condition) \
  X(condition) X(_conditionalCreate) X(conditionalCreate) \
  X(_conditionalDelete) X(conditionalDelete) X(_conditionalRead) \
  X(conditionalRead) X(_conditionalUpdate) X(conditionalUpdate) X(constraint) \
  X(contact) X(contained) X(container) X(content) X(_contentReference) \
  X(contentReference) X(_contentType) X(contentType) X(context) X(contract) \
  X(_copyright) X(copyright) X(_cors) X(cors) X(costToBeneficiary) X(_count) \
  X(count) X(_countMax) X(countMax) X(_country) X(country) \
  X(courseOfTherapyType) X(_creation) X(creation) X(_criticality) \
  X(criticality) X(_currency) X(currency) X(custodian) X(_data) X(data) \
  X(dataAbsentReason) X(_date) X(date) X(_dateEnded) X(dateEnded) \
  X(dateFilter) X(dateRange) X(_dateRecorded) X(dateRecorded) X(_dateWritten) \
  X(dateWritten) X(_dayOfWeek) X(dayOfWeek) X(_daysOfWeek) X(daysOfWeek) \
  X(_deceasedBoolean) X(deceasedBoolean) X(_deceasedDateTime) \
  X(deceasedDateTime) X(defaultValueAddress) X(defaultValueAge) \
  X(defaultValueAnnotation) X(defaultValueAttachment) \
  X(_defaultValueBase64Binary) X(defaultValueBase64Binary) \
  X(_defaultValueBoolean) X(defaultValueBoolean) X(_defaultValueCanonical) \
  X(defaultValueCanonical) X(_defaultValueCode) X(defaultValueCode) \
  X(defaultValueCodeableConcept) X(defaultValueCoding) \
  X(defaultValueContactDetail) X(defaultValueContactPoint) \
  X(defaultValueContributor) X(defaultValueCount) \
  X(defaultValueDataRequirement) X(_defaultValueDate) X(defaultValueDate) \
  X(_defaultValueDateTime) X(defaultValueDateTime) X(_defaultValueDecimal) \
  X(defaultValueDecimal) X(defaultValueDistance) X(defaultValueDosage) \
  X(defaultValueDuration) X(defaultValueExpression) X(defaultValueHumanName) \
  X(_defaultValueId) X(defaultValueId) X(defaultValueIdentifier) \
  X(_defaultValueInstant) X(defaultValueInstant) X(_defaultValueInteger) \
  X(defaultValueInteger) X(_defaultValueMarkdown) X(defaultValueMarkdown) \
  X(defaultValueMeta) X(defaultValueMoney) X(_defaultValueOid) \
  X(defaultValueOid) X(defaultValueParameterDefinition) X(defaultValuePeriod) \
  X(_defaultValuePositiveInt) X(defaultValuePositiveInt) \
  X(defaultValueQuantity) X(defaultValueRange) X(defaultValueRatio) \
  X(defaultValueReference) X(defaultValueRelatedArtifact) \
  X(defaultValueSampledData) X(defaultValueSignature) X(_defaultValueString) \
  X(defaultValueString) X(_defaultValueTime) X(defaultValueTime) \
  X(defaultValueTiming) X(defaultValueTriggerDefinition) \
  X(_defaultValueUnsignedInt) X(defaultValueUnsignedInt) X(_defaultValueUri) \
  X(defaultValueUri) X(_defaultValueUrl) X(defaultValueUrl) \
  X(defaultValueUsageContext) X(_defaultValueUuid) X(defaultValueUuid) \
  X(_definition) X(definition) X(denominator) X(_dependent) X(dependent) \
  X(depth) X(derivedFrom) X(_description) X(description) X(destination) \
  X(detail) X(details) X(detectedIssue) X(device) X(diagnosis) \
  X(_diagnostics) X(diagnostics) X(dietPreference) X(_dimensions) \
  X(dimensions) X(_direction) X(direction) X(dischargeDiagnosis) \
  X(dischargeDisposition) X(_discriminator) X(discriminator) \
  X(dispenseInterval) X(dispenseRequest) X(_display) X(display) X(_district) \
  X(district) X(_div) X(div) X(_doNotPerform) X(doNotPerform) X(document) \
  X(_documentation) X(documentation) X(dosageInstruction) X(doseAndRate) \
  X(doseQuantity) X(doseRange) X(_duration) X(duration) X(_durationMax) \
  X(durationMax) X(_durationUnit) X(durationUnit) X(_durationUnits) \
  X(durationUnits) X(_effectiveDateTime) X(effectiveDateTime) \
  X(_effectiveInstant) X(effectiveInstant) X(effectivePeriod) \
  X(effectiveTiming) X(encounter) X(_end) X(end) X(endpoint) X(entry) \
  X(episodeOfCare) X(_etag) X(etag) X(_event) X(event) X(eventData) \
  X(eventHistory) X(_eventName) X(eventName) X(_eventTimingDate) \
  X(eventTimingDate) X(_eventTimingDateTime) X(eventTimingDateTime) \
  X(eventTimingReference) X(eventTimingTiming) X(evidence) X(example) \
  X(exampleAddress) X(exampleAnnotation) X(exampleAttachment) \
  X(_exampleBase64Binary) X(exampleBase64Binary) X(_exampleBoolean) \
  X(exampleBoolean) X(_exampleCode) X(exampleCode) X(exampleCodeableConcept) \
  X(exampleCoding) X(exampleContactPoint) X(_exampleDate) X(exampleDate) \
  X(_exampleDateTime) X(exampleDateTime) X(_exampleDecimal) X(exampleDecimal) \
  X(exampleHumanName) X(_exampleId) X(exampleId) X(exampleIdentifier) \
  X(_exampleInstant) X(exampleInstant) X(_exampleInteger) X(exampleInteger) \
  X(_exampleMarkdown) X(exampleMarkdown) X(exampleMeta) X(_exampleOid) \
  X(exampleOid) X(examplePeriod) X(_examplePositiveInt) X(examplePositiveInt) \
  X(exampleQuantity) X(exampleRange) X(exampleRatio) X(exampleReference) \
  X(exampleSampledData) X(exampleSignature) X(_exampleString) \
  X(exampleString) X(_exampleTime) X(exampleTime) X(exampleTiming) \
  X(_exampleUnsignedInt) X(exampleUnsignedInt) X(_exampleUri) X(exampleUri) \
  X(exception) X(expectedSupplyDuration) X(_experimental) X(experimental) \
  X(_expirationDate) X(expirationDate) X(exposureRoute) X(_expression) \
  X(expression) X(extension) X(externalDiameter) X(_factor) X(factor) \
  X(_family) X(family) X(_fhirVersion) X(fhirVersion) X(fhir_comments) \
  X(fixedAddress) X(fixedAge) X(fixedAnnotation) X(fixedAttachment) \
  X(_fixedBase64Binary) X(fixedBase64Binary) X(_fixedBoolean) X(fixedBoolean) \
  X(_fixedCanonical) X(fixedCanonical) X(_fixedCode) X(fixedCode) \
  X(fixedCodeableConcept) X(fixedCoding) X(fixedContactDetail) \
  X(fixedContactPoint) X(fixedContributor) X(fixedCount) \
  X(fixedDataRequirement) X(_fixedDate) X(fixedDate) X(_fixedDateTime) \
  X(fixedDateTime) X(_fixedDecimal) X(fixedDecimal) X(fixedDistance) \
  X(fixedDosage) X(fixedDuration) X(fixedExpression) X(fixedHumanName) \
  X(_fixedId) X(fixedId) X(fixedIdentifier) X(_fixedInstant) X(fixedInstant) \
  X(_fixedInteger) X(fixedInteger) X(_fixedMarkdown) X(fixedMarkdown) \
  X(fixedMeta) X(fixedMoney) X(_fixedOid) X(fixedOid) \
  X(fixedParameterDefinition) X(fixedPeriod) X(_fixedPositiveInt) \
  X(fixedPositiveInt) X(fixedQuantity) X(fixedRange) X(fixedRatio) \
  X(fixedReference) X(fixedRelatedArtifact) X(fixedSampledData) \
  X(fixedSignature) X(_fixedString) X(fixedString) X(_fixedTime) X(fixedTime) \
  X(fixedTiming) X(fixedTriggerDefinition) X(_fixedUnsignedInt) \
  X(fixedUnsignedInt) X(_fixedUri) X(fixedUri) X(_fixedUrl) X(fixedUrl) \
  X(fixedUsageContext) X(_fixedUuid) X(fixedUuid) X(_focus) X(focus) X(form) \
  X(_format) X(format) X(_frequency) X(frequency) X(_frequencyMax) \
  X(frequencyMax) X(_fullUrl) X(fullUrl) X(_gender) X(gender) X(genderStatus) \
  X(generalPractitioner) X(_given) X(given) X(_group) X(group) \
  X(_groupDisplay) X(groupDisplay) X(groupIdentifier) X(grouping) \
  X(hasMember) X(_hash) X(hash) X(healthcareService) X(height) X(high) \
  X(highLimit) X(hospitalization) X(hoursOfOperation) X(_human) X(human) \
  X(_id) X(id) X(identifier) X(_identity) X(identity) X(_ifMatch) X(ifMatch) \
  X(_ifModifiedSince) X(ifModifiedSince) X(_ifNoneExist) X(ifNoneExist) \
  X(_ifNoneMatch) X(ifNoneMatch) X(image) X(implementation) \
  X(_implementationGuide) X(implementationGuide) X(_implicitRules) \
  X(implicitRules) X(_imports) X(imports) X(_imprint) X(imprint) \
  X(incomingReferral) X(indication) X(individual) X(ingredient) \
  X(initialFill) X(_instantiates) X(instantiates) X(_instantiatesCanonical) \
  X(instantiatesCanonical) X(_instantiatesUri) X(instantiatesUri) \
  X(insurance) X(_intent) X(intent) X(interaction) X(interpretation) \
  X(_isActive) X(isActive) X(_isBrand) X(isBrand) X(_isModifier) \
  X(isModifier) X(_isModifierReason) X(isModifierReason) X(_isOverTheCounter) \
  X(isOverTheCounter) X(_isSummary) X(isSummary) X(issue) X(_issued) \
  X(issued) X(issuer) X(item) X(itemCodeableConcept) X(itemReference) \
  X(jurisdiction) X(_key) X(key) X(_kind) X(kind) X(_label) X(label) \
  X(_language) X(language) X(_lastModified) X(lastModified) X(_lastOccurence) \
  X(lastOccurence) X(_lastOccurrence) X(lastOccurrence) X(_lastUpdated) \
  X(lastUpdated) X(_latitude) X(latitude) X(length) X(_limit) X(limit) \
  X(_line) X(line) X(link) X(_location) X(location) X(_longitude) \
  X(longitude) X(_lotNumber) X(lotNumber) X(low) X(lowLimit) X(_lowerLimit) \
  X(lowerLimit) X(managingOrganization) X(manifestation) X(manufacturer) \
  X(_map) X(map) X(mapping) X(maritalStatus) X(_max) X(max) \
  X(maxDosePerAdministration) X(maxDosePerLifetime) X(maxDosePerPeriod) \
  X(_maxLength) X(maxLength) X(maxValueAddress) X(maxValueAnnotation) \
  X(maxValueAttachment) X(_maxValueBase64Binary) X(maxValueBase64Binary) \
  X(_maxValueBoolean) X(maxValueBoolean) X(_maxValueCode) X(maxValueCode) \
  X(maxValueCodeableConcept) X(maxValueCoding) X(maxValueContactPoint) \
  X(_maxValueDate) X(maxValueDate) X(_maxValueDateTime) X(maxValueDateTime) \
  X(_maxValueDecimal) X(maxValueDecimal) X(maxValueHumanName) X(_maxValueId) \
  X(maxValueId) X(maxValueIdentifier) X(_maxValueInstant) X(maxValueInstant) \
  X(_maxValueInteger) X(maxValueInteger) X(_maxValueMarkdown) \
  X(maxValueMarkdown) X(maxValueMeta) X(_maxValueOid) X(maxValueOid) \
  X(maxValuePeriod) X(_maxValuePositiveInt) X(maxValuePositiveInt) \
  X(maxValueQuantity) X(maxValueRange) X(maxValueRatio) X(maxValueReference) \
  X(maxValueSampledData) X(maxValueSignature) X(_maxValueString) \
  X(maxValueString) X(_maxValueTime) X(maxValueTime) X(maxValueTiming) \
  X(_maxValueUnsignedInt) X(maxValueUnsignedInt) X(_maxValueUri) \
  X(maxValueUri) X(meaning) X(_meaningWhenMissing) X(meaningWhenMissing) \
  X(medicationCodeableConcept) X(medicationReference) X(messaging) X(meta) \
  X(_method) X(method) X(_min) X(min) X(minValueAddress) \
  X(minValueAnnotation) X(minValueAttachment) X(_minValueBase64Binary) \
  X(minValueBase64Binary) X(_minValueBoolean) X(minValueBoolean) \
  X(_minValueCode) X(minValueCode) X(minValueCodeableConcept) \
  X(minValueCoding) X(minValueContactPoint) X(_minValueDate) X(minValueDate) \
  X(_minValueDateTime) X(minValueDateTime) X(_minValueDecimal) \
  X(minValueDecimal) X(minValueHumanName) X(_minValueId) X(minValueId) \
  X(minValueIdentifier) X(_minValueInstant) X(minValueInstant) \
  X(_minValueInteger) X(minValueInteger) X(_minValueMarkdown) \
  X(minValueMarkdown) X(minValueMeta) X(_minValueOid) X(minValueOid) \
  X(minValuePeriod) X(_minValuePositiveInt) X(minValuePositiveInt) \
  X(minValueQuantity) X(minValueRange) X(minValueRatio) X(minValueReference) \
  X(minValueSampledData) X(minValueSignature) X(_minValueString) \
  X(minValueString) X(_minValueTime) X(minValueTime) X(minValueTiming) \
  X(_minValueUnsignedInt) X(minValueUnsignedInt) X(_minValueUri) \
  X(minValueUri) X(_mode) X(mode) X(_modifier) X(modifier) \
  X(modifierExtension) X(_multipleBirthBoolean) X(multipleBirthBoolean) \
  X(_multipleBirthInteger) X(multipleBirthInteger) X(_mustSupport) \
  X(mustSupport) X(_name) X(name) X(_nameReference) X(nameReference) \
  X(_network) X(network) X(nominalVolume) X(_note) X(note) X(_notes) X(notes) \
  X(_numberOfRepeatsAllowed) X(numberOfRepeatsAllowed) X(numerator) \
  X(_offset) X(offset) X(onBehalfOf) X(onBehalfOfReference) X(_onBehalfOfUri) \
  X(onBehalfOfUri) X(_onset) X(onset) X(onsetAge) X(_onsetDateTime) \
  X(onsetDateTime) X(onsetPeriod) X(onsetQuantity) X(onsetRange) \
  X(_onsetString) X(onsetString) X(_openingTime) X(openingTime) X(operation) \
  X(operationalStatus) X(_order) X(order) X(_orderMeaning) X(orderMeaning) \
  X(_ordered) X(ordered) X(organization) X(origin) X(other) X(outcome) \
  X(package) X(partOf) X(participant) X(_patchFormat) X(patchFormat) X(_path) \
  X(path) X(patient) X(_patientInstruction) X(patientInstruction) \
  X(patternAddress) X(patternAge) X(patternAnnotation) X(patternAttachment) \
  X(_patternBase64Binary) X(patternBase64Binary) X(_patternBoolean) \
  X(patternBoolean) X(_patternCanonical) X(patternCanonical) X(_patternCode) \
  X(patternCode) X(patternCodeableConcept) X(patternCoding) \
  X(patternContactDetail) X(patternContactPoint) X(patternContributor) \
  X(patternCount) X(patternDataRequirement) X(_patternDate) X(patternDate) \
  X(_patternDateTime) X(patternDateTime) X(_patternDecimal) X(patternDecimal) \
  X(patternDistance) X(patternDosage) X(patternDuration) X(patternExpression) \
  X(patternHumanName) X(_patternId) X(patternId) X(patternIdentifier) \
  X(_patternInstant) X(patternInstant) X(_patternInteger) X(patternInteger) \
  X(_patternMarkdown) X(patternMarkdown) X(patternMeta) X(patternMoney) \
  X(_patternOid) X(patternOid) X(patternParameterDefinition) X(patternPeriod) \
  X(_patternPositiveInt) X(patternPositiveInt) X(patternQuantity) \
  X(patternRange) X(patternRatio) X(patternReference) \
  X(patternRelatedArtifact) X(patternSampledData) X(patternSignature) \
  X(_patternString) X(patternString) X(_patternTime) X(patternTime) \
  X(patternTiming) X(patternTriggerDefinition) X(_patternUnsignedInt) \
  X(patternUnsignedInt) X(_patternUri) X(patternUri) X(_patternUrl) \
  X(patternUrl) X(patternUsageContext) X(_patternUuid) X(patternUuid) \
  X(payor) X(performer) X(performerType) X(_period) X(period) X(_periodMax) \
  X(periodMax) X(_periodUnit) X(periodUnit) X(_periodUnits) X(periodUnits) \
  X(photo) X(physicalType) X(physiologicalCondition) X(_plan) X(plan) \
  X(_planDisplay) X(planDisplay) X(policyHolder) X(position) X(_postalCode) \
  X(postalCode) X(practitionerRole) X(preAdmissionIdentifier) X(_preferred) \
  X(preferred) X(_prefix) X(prefix) X(prescriber) X(priorPrescription) \
  X(_priority) X(priority) X(product) X(_profile) X(profile) X(protocol) \
  X(_publisher) X(publisher) X(_purpose) X(purpose) X(qualification) \
  X(quantity) X(race) X(_rank) X(rank) X(rateQuantity) X(rateRange) \
  X(rateRatio) X(reAdmission) X(reaction) X(_readHistory) X(readHistory) \
  X(reason) X(reasonCode) X(reasonCodeableConcept) X(reasonEnded) \
  X(reasonReference) X(_recordedDate) X(recordedDate) X(recorder) \
  X(_reference) X(reference) X(_referencePolicy) X(referencePolicy) \
  X(referenceRange) X(related) X(_relation) X(relation) X(relationship) \
  X(_releaseDate) X(releaseDate) X(_reliableCache) X(reliableCache) X(repeat) \
  X(_reportedBoolean) X(reportedBoolean) X(reportedReference) X(reporter) \
  X(_representation) X(representation) X(request) X(requester) \
  X(_requirements) X(requirements) X(_resource) X(resource) X(resourceType) \
  X(response) X(rest) X(_restoreDate) X(restoreDate) X(role) X(route) \
  X(_rules) X(rules) X(_score) X(score) X(scoring) X(search) \
  X(_searchInclude) X(searchInclude) X(_searchParam) X(searchParam) \
  X(_searchRevInclude) X(searchRevInclude) X(security) X(_sequence) \
  X(sequence) X(service) X(serviceProvider) X(serviceType) X(_severity) \
  X(severity) X(_shape) X(shape) X(_short) X(short) X(_sigFormat) \
  X(sigFormat) X(signature) X(site) X(siteCodeableConcept) X(siteReference) \
  X(_size) X(size) X(_sliceIsConstraining) X(sliceIsConstraining) \
  X(_sliceName) X(sliceName) X(slicing) X(software) X(sort) X(_source) \
  X(source) X(specialArrangement) X(specialCourtesy) \
  X(specialPrecautionsForStorage) X(specialty) X(species) X(specimen) \
  X(stage) X(_start) X(start) X(_state) X(state) X(_status) X(status) \
  X(statusHistory) X(statusReason) X(_strength) X(strength) X(_subClass) \
  X(subClass) X(_subClassDisplay) X(subClassDisplay) X(_subGroup) X(subGroup) \
  X(_subGroupDisplay) X(subGroupDisplay) X(_subPlan) X(subPlan) \
  X(_subPlanDisplay) X(subPlanDisplay) X(subject) X(subjectCodeableConcept) \
  X(subjectReference) X(_subrogation) X(subrogation) X(subscriber) \
  X(_subscriberId) X(subscriberId) X(substance) X(substitution) X(_suffix) \
  X(suffix) X(summary) X(supportedMessage) X(_supportedProfile) \
  X(supportedProfile) X(supportingInformation) X(_system) X(system) X(tag) \
  X(_target) X(target) X(_targetFormat) X(targetFormat) X(_targetProfile) \
  X(targetProfile) X(telecom) X(_text) X(text) X(_time) X(time) X(_timeOfDay) \
  X(timeOfDay) X(_timestamp) X(timestamp) X(timing) X(_timingDate) \
  X(timingDate) X(_timingDateTime) X(timingDateTime) X(timingReference) \
  X(timingTiming) X(_title) X(title) X(_total) X(total) X(_transactionMode) \
  X(transactionMode) X(_type) X(type) X(_unit) X(unit) X(_updateCreate) \
  X(updateCreate) X(_upperLimit) X(upperLimit) X(_url) X(url) X(_use) X(use) \
  X(useContext) X(_userSelected) X(userSelected) X(validityPeriod) X(_value) \
  X(value) X(valueAddress) X(valueAge) X(valueAnnotation) X(valueAttachment) \
  X(_valueBase64Binary) X(valueBase64Binary) X(_valueBoolean) X(valueBoolean) \
  X(_valueCanonical) X(valueCanonical) X(_valueCode) X(valueCode) \
  X(valueCodeableConcept) X(valueCoding) X(valueContactDetail) \
  X(valueContactPoint) X(valueContributor) X(valueCount) \
  X(valueDataRequirement) X(_valueDate) X(valueDate) X(_valueDateTime) \
  X(valueDateTime) X(_valueDecimal) X(valueDecimal) X(valueDistance) \
  X(valueDosage) X(valueDuration) X(valueExpression) X(valueHumanName) \
  X(_valueId) X(valueId) X(valueIdentifier) X(_valueInstant) X(valueInstant) \
  X(_valueInteger) X(valueInteger) X(_valueMarkdown) X(valueMarkdown) \
  X(valueMeta) X(valueMoney) X(_valueOid) X(valueOid) \
  X(valueParameterDefinition) X(valuePeriod) X(_valuePositiveInt) \
  X(valuePositiveInt) X(valueQuantity) X(valueRange) X(valueRatio) \
  X(valueReference) X(valueRelatedArtifact) X(valueSampledData) X(_valueSet) \
  X(valueSet) X(valueSetReference) X(_valueSetString) X(valueSetString) \
  X(_valueSetUri) X(valueSetUri) X(valueSignature) X(_valueString) \
  X(valueString) X(_valueTime) X(valueTime) X(valueTiming) \
  X(valueTriggerDefinition) X(_valueUnsignedInt) X(valueUnsignedInt) \
  X(_valueUri) X(valueUri) X(_valueUrl) X(valueUrl) X(valueUsageContext) \
  X(_valueUuid) X(valueUuid) X(_verificationStatus) X(verificationStatus) \
  X(_version) X(version) X(_versionId) X(versionId) X(_versioning) \
  X(versioning) X(weight) X(_when) X(when) X(who) X(whoReference) X(_whoUri) \
  X(whoUri) X(width) X(_xpath) X(xpath)
/* clang-format on */
