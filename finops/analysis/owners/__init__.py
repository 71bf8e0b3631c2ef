"""Who answers for a cost: identifiers of bills and logs put to teams, products and cost centres."""
