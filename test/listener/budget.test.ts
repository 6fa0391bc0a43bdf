import { testPlaces } from './work/measured.ts'
import { places } from './work/places.ts'

testPlaces('paths, queries and bodies', places.besides)
