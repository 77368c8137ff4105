from tests.engine.stores import main

main()
