import { testPlaces } from './work/measured.ts'
import { places } from './work/places.ts'

testPlaces('headers', places.headers)
