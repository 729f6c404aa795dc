"""Generated worlds of known truth, in which the product's proposals are judged by what they would really bring."""
