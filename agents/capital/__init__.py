"""Capital by the Basel rules: charges on sensitivities, exposures of netting sets. Knows no world."""
