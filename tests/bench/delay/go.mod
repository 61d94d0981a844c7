module delay

go 1.22
