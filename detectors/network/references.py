"""The ids by which network resources reference each other, validated."""
