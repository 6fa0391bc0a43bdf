import { testPlaces } from './counted/measured.ts'
import { places } from './counted/places.ts'

testPlaces('headers', places.headers)
