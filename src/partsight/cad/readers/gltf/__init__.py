"""glTF 2.0 as people export it: text or binary, with the extensions that change geometry or color."""
