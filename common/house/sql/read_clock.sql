SELECT now FROM house.clock WHERE program_number = $1
