"""`python -m ivr`"""

from ivr.server import main

if __name__ == "__main__":
    main()
