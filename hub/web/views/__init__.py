"""From rows to contexts: one module a page, without a word about HTML or HTTP."""
