"""The most the nation lets anybody ask for something: the ceilings that agencies' fees are measured against."""
