const CARDS = [
  {
    "picture": "card-01.png",
    "title": "Check the tone of draft",
    "answer": "go",
    "because": "It only adds checks, and success is the same within its interval."
  },
  {
    "picture": "card-02.png",
    "title": "Retry lookup",
    "answer": "no-go",
    "because": "Behind the retries a validator and a test disappear and a limit grows a hundredfold."
  },
  {
    "picture": "card-03.png",
    "title": "Retry lookup up to 2 times",
    "answer": "go",
    "because": "Two retries of a pure lookup risk only patience, and such changes held 18 times of 20."
  },
  {
    "picture": "card-04.png",
    "title": "Run writer on sim:small",
    "answer": "no-go",
    "because": "Success drops by five points and the whole interval of its worth is below zero."
  },
  {
    "picture": "card-05.png",
    "title": "Let writer answer kindly",
    "answer": "look",
    "because": "A prompt changes: word by word, “Never promise a refund” became “Promise a refund”."
  },
  {
    "picture": "card-06.png",
    "title": "Retry lookup and wait longer",
    "answer": "go",
    "because": "More runs succeed, the intervals don't touch, nothing but patience changes."
  },
  {
    "picture": "card-07.png",
    "title": "Answer outages apart, without a lookup",
    "answer": "no-go",
    "because": "The lookup is gone, a step that calls out is new, and nothing shows what that does."
  },
  {
    "picture": "card-08.png",
    "title": "Eight steps try again, one goes",
    "answer": "look",
    "because": "The gain is real, but a step disappears in a crowd of retries: read the list."
  },
  {
    "picture": "card-09.png",
    "title": "Look up before classifying",
    "answer": "no-go",
    "because": "It is worth nothing, and a renamed step breaks who refers to it."
  },
  {
    "picture": "card-10.png",
    "title": "Tune six steps",
    "answer": "look",
    "because": "Nothing is dangerous, but nothing says that it pays: ask for more runs, or read on."
  }
];
