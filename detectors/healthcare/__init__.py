"""Controls on the Healthcare APIs: FHIR and DICOM services, and the former Azure API for FHIR."""
