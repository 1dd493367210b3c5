"""What ``hengjian doctor`` looks at, one file for each part; no look changes anything."""
