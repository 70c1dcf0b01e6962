DELETE FROM gratis_thanks.surprise_entrant
WHERE partition = $1 AND draw = $2
