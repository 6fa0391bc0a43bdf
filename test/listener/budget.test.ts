import { testPlaces } from './counted/measured.ts'
import { places } from './counted/places.ts'

testPlaces('paths, queries and bodies', places.besides)
