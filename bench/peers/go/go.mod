module joiner

go 1.19
